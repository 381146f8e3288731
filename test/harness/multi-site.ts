// The network of the architecture guide's chapter 5: three offices, two sites, the wide area network that joins them
// all, and the dedicated line between the sites. Every machine is a network namespace with the document's addresses:
//
//   office1 ─┐                 ┌─ site1 ─┬─ SD1, S1L1, S1L2, web1 (10.1.2.1 to .4)
//   office2 ─┼───── wan ───────┤    │ dedicated line
//   office3 ─┘                 └─ site2 ─┴─ SD2, S2L1, S2L2, web2 (10.2.2.1 to .4)
//
// An office's proxy and its clients share a namespace; the users of a site sit at its switch.

import type { NetworkAgent, WebReply } from './agent.ts';
import type { ScenarioContext } from './context.ts';
import type { Network } from './network.ts';

const SITES = [1, 2] as const;
const OFFICES = [1, 2, 3] as const;
const WEB_SERVERS = [1, 2, 3, 4] as const;

export type SiteNumber = (typeof SITES)[number];

/** The proxies in the order in which they start: nobody asks a machine that is not there yet. */
export const PROXIES: readonly { readonly name: string; readonly node: string }[] = [
  ...SITES.flatMap((site) => [1, 2].map((at) => ({ name: `S${site}L${at}`, node: `s${site}l${at}` }))),
  ...SITES.map((site) => ({ name: `SD${site}`, node: `sd${site}` })),
  ...OFFICES.map((office) => ({ name: `OP${office}`, node: `office${office}` })),
];

export function buildMultiSite(t: ScenarioContext): Network {
  const network = t.network();
  const machines = SITES.flatMap((s) => [`sd${s}`, `s${s}l1`, `s${s}l2`, `web${s}`]);
  network.add('wan', ...OFFICES.map((o) => `office${o}`), ...SITES.map((s) => `site${s}`), ...machines);
  network.makeRouter('wan');
  for (const office of OFFICES) {
    network.cable(
      {
        node: `office${office}`,
        device: 'eth0',
        addresses: [`192.168.${office}.1/24`, `192.168.${office}.10/24`],
      },
      { node: 'wan', device: `office${office}`, addresses: [`192.168.${office}.254/24`] },
    );
    network.configure(`office${office}`, `route add default via 192.168.${office}.254`);
  }
  for (const site of SITES) {
    const node = `site${site}`;
    network.makeRouter(node);
    network.addBridge(node, 'br0', `10.${site}.0.254/16`);
    network.cable(
      { node, device: 'wan', addresses: [`172.16.${site}.2/24`] },
      { node: 'wan', device: `site${site}`, addresses: [`172.16.${site}.1/24`] },
    );
    network.configure(node, `route add 192.168.0.0/16 via 172.16.${site}.1`);
    network.configure('wan', `route add 10.${site}.0.0/16 via 172.16.${site}.2`);
    const hosts: Record<string, string[]> = {
      [`sd${site}`]: [`10.${site}.1.1/16`],
      [`s${site}l1`]: [`10.${site}.1.11/16`],
      [`s${site}l2`]: [`10.${site}.1.12/16`],
      [`web${site}`]: WEB_SERVERS.map((web) => `10.${site}.2.${web}/16`),
    };
    for (const [machine, addresses] of Object.entries(hosts)) {
      network.cable({ node: machine, device: 'eth0', addresses }, { node, device: machine, bridge: 'br0' });
      network.configure(machine, `route add default via 10.${site}.0.254`);
    }
  }
  network.cable(
    { node: 'site1', device: 'line', addresses: ['172.17.0.1/24'] },
    { node: 'site2', device: 'line', addresses: ['172.17.0.2/24'] },
  );
  network.configure('site1', 'route add 10.2.0.0/16 via 172.17.0.2');
  network.configure('site2', 'route add 10.1.0.0/16 via 172.17.0.1');
  return network;
}

/** Site and wide area network part; the routers of the latter then know no way to the site. */
export function cutSite(network: Network, site: SiteNumber): void {
  network.configure('wan', `link set site${site} down`);
}

export function rejoinSite(network: Network, site: SiteNumber): void {
  network.configure('wan', `link set site${site} up`, `route add 10.${site}.0.0/16 via 172.16.${site}.2`);
}

/** Opens the ports of all web servers of a site: 80, and 81 for the checks, as a redirection would. */
export async function openWebServers(agent: NetworkAgent, site: SiteNumber): Promise<void> {
  for (const web of WEB_SERVERS) {
    for (const port of [80, 81]) await agent.listen(`10.${site}.2.${web}`, port, `W${site}${web}`);
  }
}

export interface Visit {
  readonly server: string;
  /** The local balancer that asked the server: S1L1 … */
  readonly balancer: string;
  /** The site director on the way: SD1 or SD2. */
  readonly director: string;
  readonly reply: WebReply;
}

/** The machines' own addresses, which their X-Forwarded-For headers and connections show. */
const NAMES = new Map<string, string>(
  SITES.flatMap((site) => [
    [`10.${site}.1.1`, `SD${site}`] as const,
    [`10.${site}.1.11`, `S${site}L1`] as const,
    [`10.${site}.1.12`, `S${site}L2`] as const,
  ]),
);

/** A person with a browser: keeps the cookies it is given. */
export class Visitor {
  readonly cookies = new Map<string, string>();
  readonly #agent: NetworkAgent;
  readonly #door: string;
  readonly #from: string | undefined;

  /** `door`: the address that the person connects to. */
  constructor(agent: NetworkAgent, door: string, from?: string) {
    this.#agent = agent;
    this.#door = door;
    this.#from = from;
  }

  /** Rejects unless the answer is a whole 200. */
  async visit(): Promise<Visit> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers: Record<string, string> = cookie === '' ? {} : { Cookie: cookie };
    const { status, setCookies, text } = await this.#agent.get(this.#door, 80, headers, this.#from);
    if (status !== 200) throw new Error(`${status} from ${this.#door} with ${cookie || 'no cookie'}`);
    for (const line of setCookies) {
      const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    // The application is ours, and answered 200.
    const reply = JSON.parse(text) as WebReply;
    const director = reply.forwardedFor.split(', ').at(-1) ?? '';
    return {
      server: reply.server,
      balancer: NAMES.get(reply.peer) ?? reply.peer,
      director: NAMES.get(director) ?? director,
      reply,
    };
  }

  /** The server that the session is tied to. */
  get server(): string {
    return this.cookies.get('JSESSIONID')?.split('~')[0] ?? '';
  }
}
