/**
 * `hash-balance-factor`: no server may have much more to do than the average, whatever the hashes say.
 *
 * With one stream more than there are now, `factor` percent of all streams make so many slots (rounded up). The servers
 * lie side by side in the order of the file, each as wide as its weight, and the slots are spread evenly over the width
 * of those in use: a server has as many as fall on it, and at least one. Once they are taken it is passed over. Where a
 * server lies follows from the configured weights, also while others are out or have other weights. (As HAProxy 2.6 is
 * seen to do it.)
 * Specification: configuration manual 4.2 `hash-balance-factor`.
 */
import { Facet } from '../../../config/facet.ts';
import { registerKeywords } from '../../../config/keyword.ts';
import type { ProxyConfig } from '../../../config/model.ts';
import { leadingInteger } from '../../../config/time-and-size.ts';
import type { BalanceContext } from '../../../proxy/balancing.ts';
import { WEIGHT_UNITS } from '../../../state/server-weight.ts';
import { BE_SERVED } from '../../../state/shared-state.ts';
import type { UsableServers } from '../usable-servers.ts';

const facet = new Facet<{ percent: number }>('hash-balance-factor', () => ({ percent: 0 }));

registerKeywords({
  scope: 'proxy',
  name: 'hash-balance-factor',
  syntax: '<factor>',
  doc: 'With hash-type consistent and balance random: no server gets more than this percentage of its share of the load. Default: 0, no limit.',
  manual: '4.2',
  // HAProxy takes it everywhere, though it means nothing in a frontend.
  sections: ['defaults', 'frontend', 'listen', 'backend'],
  parse: ({ args, target }) => {
    const text = args.next();
    if (text === undefined) {
      args.alert("'hash-balance-factor' expects an integer argument.");
      return;
    }
    const percent = leadingInteger(text);
    if (percent !== 0 && percent <= 100) {
      args.alert("'hash-balance-factor' must be 0 or greater than 100.");
      return;
    }
    args.rest();
    facet.of(target).percent = percent;
  },
});

export class BoundedLoad {
  readonly #servers: UsableServers;
  readonly #words: Int32Array;
  readonly #served: number;
  readonly #percent: number;
  /** By server: where it lies, in units of weight. */
  readonly #starts: Float64Array;
  /** Weight of all servers in use. */
  #total = 0;

  /** Null where no factor was configured. */
  static of(context: BalanceContext, servers: UsableServers): BoundedLoad | null {
    const percent = factorOf(context.proxy);
    return percent === 0 ? null : new BoundedLoad(context, servers, percent);
  }

  private constructor(context: BalanceContext, servers: UsableServers, percent: number) {
    this.#servers = servers;
    this.#words = context.shared.words;
    this.#served = context.shared.proxyWords(context.proxyIndex) + BE_SERVED;
    this.#percent = percent;
    this.#starts = new Float64Array(servers.count);
    let start = 0;
    context.proxy.servers.forEach(({ weight = 1 }, server) => {
      this.#starts[server] = start;
      start += weight * WEIGHT_UNITS;
    });
  }

  /** The servers' states or weights have changed. */
  refresh(): void {
    this.#total = 0;
    for (let server = 0; server < this.#servers.count; server++) {
      if (this.#servers.has(server)) this.#total += this.#servers.rampedUnits(server);
    }
  }

  /** Whether the server, which is in use, may be given one more stream. */
  allows(server: number): boolean {
    const streams = Atomics.load(this.#words, this.#served) + 1;
    const slots = Math.ceil((streams * this.#percent) / 100);
    const start = this.#starts[server] as number;
    const end = start + this.#servers.rampedUnits(server);
    const own = Math.floor((slots * end) / this.#total) - Math.floor((slots * start) / this.#total);
    return this.#servers.served(server) < Math.max(1, own);
  }
}

function factorOf(proxy: ProxyConfig): number {
  return facet.read(proxy)?.percent ?? 0;
}
