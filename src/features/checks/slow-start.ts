/**
 * Slow starts: what they grant of a server's weight and connection limit, and the clocks by which that grows. That one
 * begins or ends is decided in server-state.ts, which is told when the time is over.
 * Specification: configuration manual 5.2 `slowstart`; steps as HAProxy 2.6 takes them, in whole seconds.
 */
import { storeWeight, WEIGHT_UNITS } from '../../state/server-weight.ts';
import {
  type SharedState,
  SRV_LAST_CHANGE_S,
  SRV_WEIGHT,
  SRV_WITHHELD_PERCENT,
} from '../../state/shared-state.ts';
import { nowSeconds } from './farm-counts.ts';

const SECOND_MS = 1000;
/** The weight changes that many times, unless that were more often than once a second. */
const STEPS = 20;

export function grantedSixteenths(elapsedS: number, slowstartS: number): number {
  const granted = Math.floor((WEIGHT_UNITS * elapsedS + slowstartS) / slowstartS);
  return Math.min(WEIGHT_UNITS, Math.max(1, granted));
}

/** Of the connection limit. */
export function withheldPercent(elapsedS: number, slowstartS: number): number {
  return Math.max(0, 100 - Math.floor((100 * Math.max(0, elapsedS)) / slowstartS));
}

export interface StartingServer {
  /** Index of the server's shared words. */
  readonly server: number;
  readonly slowstartS: number;
  readonly dynamicWeights: boolean;
}

export class SlowStarts {
  readonly #shared: SharedState;
  readonly #onTick: (server: number, isOver: boolean) => void;
  readonly #clocks = new Map<number, NodeJS.Timeout>();

  /** `onTick`: more was granted, or the time is over. */
  constructor(shared: SharedState, onTick: (server: number, isOver: boolean) => void) {
    this.#shared = shared;
    this.#onTick = onTick;
  }

  /** Begins, or goes on by the server's last change. */
  run(starting: StartingServer): void {
    const { server, slowstartS } = starting;
    this.#grant(starting, true);
    if (this.#clocks.has(server)) return;
    const every = Math.max(1, Math.round(slowstartS / STEPS));
    let ticks = 0;
    const tick = (): void => {
      const isStep = ++ticks % every === 0;
      const isOver = isStep && this.#elapsedS(server) >= slowstartS;
      if (!isOver) this.#grant(starting, isStep);
      this.#onTick(server, isOver);
    };
    this.#clocks.set(server, setInterval(tick, SECOND_MS));
  }

  /** Everything is granted again. */
  end(server: number): void {
    const clock = this.#clocks.get(server);
    if (clock === undefined) return;
    clearInterval(clock);
    this.#clocks.delete(server);
    this.#store(server, WEIGHT_UNITS, 0);
  }

  /** All clocks end: the process stops. */
  stop(): void {
    for (const clock of this.#clocks.values()) clearInterval(clock);
    this.#clocks.clear();
  }

  #elapsedS(server: number): number {
    const changed = Atomics.load(this.#shared.words, this.#shared.serverWords(server) + SRV_LAST_CHANGE_S);
    return nowSeconds() - changed;
  }

  /** The weight changes at its own steps only, the limit every second. */
  #grant({ server, slowstartS, dynamicWeights }: StartingServer, isStep: boolean): void {
    const elapsedS = this.#elapsedS(server);
    const sixteenths = dynamicWeights ? grantedSixteenths(elapsedS, slowstartS) : WEIGHT_UNITS;
    this.#store(server, isStep ? sixteenths : undefined, withheldPercent(elapsedS, slowstartS));
  }

  #store(server: number, sixteenths: number | undefined, withheld: number): void {
    const { words } = this.#shared;
    const base = this.#shared.serverWords(server);
    if (sixteenths !== undefined)
      storeWeight(words, base, Atomics.load(words, base + SRV_WEIGHT), sixteenths);
    Atomics.store(words, base + SRV_WITHHELD_PERCENT, withheld);
  }
}
