// Owns: what a workload is, as data, and the limits that the project has set itself for it.
// Must not: run anything.
import type { ProxyShape } from '../configs/shape.ts';
import type { ProgramName } from '../programs.ts';

interface Common {
  name: string;
  about: string;
  shape: ProxyShape;
}

/** CPU per request or per MB with the programs taking turns. */
export interface CpuWorkload extends Common {
  kind: 'cpu';
  /** What the CPU is divided by; MB is 1,000,000 bytes of bodies. */
  unit: 'request' | 'MB';
  clientConnections: 'kept' | 'per-request';
  clients: number;
  requestBytes: number;
  responseBytes: number;
  /** Sluice's CPU over HAProxy's may be at most this; undefined where no limit is set. */
  limitToHaproxy: number | undefined;
  /** Programs left out, with the reason. */
  without?: Partial<Record<ProgramName, string>>;
}

/** CPU per request with two threads over that with one, of the same program. */
export interface ThreadsWorkload extends Common {
  kind: 'threads';
  clientConnections: 'kept' | 'per-request';
  clients: number;
  requestBytes: number;
  responseBytes: number;
  limitToOneThread: number;
}

/** Memory per connection that stands open after one request. */
export interface IdleWorkload extends Common {
  kind: 'idle';
  connections: number;
  limitKilobytesPerConnection: number;
}

/** Memory at rest and time from exec to the first accepted connection. */
export interface RestWorkload extends Common {
  kind: 'rest';
  limitResidentMegabytes: number;
  limitAcceptingAfterMs: number;
}

export type Workload = CpuWorkload | ThreadsWorkload | IdleWorkload | RestWorkload;
