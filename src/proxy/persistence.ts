/**
 * What ties a request or a connection to a server of its backend before balancing is asked: `use-server`, `force-persist`,
 * `ignore-persist`, `option persist`, and in TCP `persist rdp-cookie`. Cookies of HTTP are a feature (features/cookie), which
 * asks here whether a server may be used.
 * Specification: configuration manual 4.2; how these go together was found by watching HAProxy 2.6: in TCP, RDP's cookie
 * heeds `option persist` alone.
 */
import { rdpPersistenceFacet } from '../config/keywords/persist.ts';
import type { ProxyConfig } from '../config/model.ts';
import { u8 } from '../os/arena.ts';
import { RDP_FOUND, RdpCookie } from '../protocol/rdp-cookie.ts';
import { FAMILY_INET } from '../protocol/socket-address.ts';
import {
  judgePersistence,
  linkPersistenceRules,
  PERSISTENCE_FORCED,
  PERSISTENCE_USUAL,
  type PersistenceRule,
} from '../rules/persistence-rules.ts';
import { linkUseServer, UNKNOWN_SERVER, type UseServerRule } from '../rules/use-server.ts';
import type { Plane } from './plane.ts';
import type { Server } from './server.ts';
import type { Stream } from './stream.ts';

const cookie = new RdpCookie();

export class Persistence {
  /** `option persist`: a server is chosen even when it is down. */
  private readonly insists: boolean;
  private readonly servers: readonly Server[];
  private readonly rules: readonly PersistenceRule[];
  private readonly useServer: readonly UseServerRule[];
  /** Name of RDP's cookie, in lower case; null: it counts for nothing. */
  private readonly rdpName: Uint8Array | null;

  constructor(config: ProxyConfig, servers: readonly Server[], plane: Plane) {
    this.insists = config.options.get('persist') === true;
    this.servers = servers;
    this.rules = linkPersistenceRules(config, plane);
    this.useServer = linkUseServer(config, plane);
    const rdpName = config.mode === 'tcp' ? rdpPersistenceFacet.read(config)?.name : undefined;
    this.rdpName = rdpName === undefined ? null : Buffer.from(rdpName.toLowerCase(), 'latin1');
  }

  /** What the backend's rules say of a request that has just come to it: PERSISTENCE_…. */
  judge(stream: Stream): number {
    return this.rules.length === 0 ? PERSISTENCE_USUAL : judgePersistence(this.rules, stream);
  }

  /** Whether persistence may send the stream there: a server that drains still takes the clients it has. */
  accepts(stream: Stream, server: Server): boolean {
    return server.takesItsOwn || this.insistsFor(stream);
  }

  /** Whether the stream goes to its server even when that is down. */
  insistsFor(stream: Stream): boolean {
    return this.insists || stream.persistence === PERSISTENCE_FORCED;
  }

  /** The server that a `use-server` rule names, or null. */
  serverByRule(stream: Stream): Server | null {
    const { useServer } = this;
    for (let i = 0; i < useServer.length; i++) {
      const rule = useServer[i] as UseServerRule;
      if (!rule.holds(stream)) continue;
      const position = rule.position(stream);
      // A name that no server has ends the search.
      if (position === UNKNOWN_SERVER) return null;
      const server = this.servers[position] as Server;
      if (this.accepts(stream, server)) return server;
    }
    return null;
  }

  /** The server whose address stands in the RDP cookie of a TCP client, or null. */
  serverOfRdp(stream: Stream): Server | null {
    if (this.rdpName === null || cookie.find(u8, stream.received, this.rdpName) !== RDP_FOUND) return null;
    if (!cookie.readServer(u8)) return null;
    for (const server of this.servers) {
      const { address } = server;
      if (address.family !== FAMILY_INET || address.port !== cookie.port) continue;
      const { bytes } = address;
      const inOrder =
        (bytes[0] as number) |
        ((bytes[1] as number) << 8) |
        ((bytes[2] as number) << 16) |
        ((bytes[3] as number) << 24);
      if (inOrder >>> 0 !== cookie.address) continue;
      if (server.takesItsOwn || this.insists) return server;
    }
    return null;
  }
}
