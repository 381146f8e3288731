/**
 * What the control plane and the data threads say to each other. Plain data only.
 */
import type { Configuration } from '../config/model.ts';
import type { ObservedErrors } from './observed-errors.ts';
import type { QueueBuffers } from './queue-memory.ts';
import type { SharedBuffers } from './shared-state.ts';

/** A listening socket that the control plane has opened. */
export interface OpenListener {
  /** Index of the listener's counters. */
  readonly index: number;
  /** Index in configuration.proxies. */
  readonly proxy: number;
  /** Index in the proxy's binds. */
  readonly bind: number;
  /** Index in the bind line's addresses. */
  readonly address: number;
  /** Its number within the proxy. */
  readonly id: number;
  readonly fd: number;
  /** Address it is bound to, as text for logs and statistics. */
  readonly text: string;
  readonly unix: boolean;
  /** Threads (from 1) that accept from it; undefined: all. */
  readonly threads: { from: number; to: number }[] | undefined;
}

/** What a data thread is started with. */
export interface DataThreadStart {
  /** From 1. */
  readonly thread: number;
  readonly configuration: Configuration;
  readonly shared: SharedBuffers;
  readonly queues: QueueBuffers;
  /** The lists of patterns and maps. */
  readonly patterns: PatternBuffers;
  readonly listeners: readonly OpenListener[];
  /** eventfds that wake the data threads: this thread's own is wakeFds[thread - 1]. */
  readonly wakeFds: readonly number[];
  readonly process: ProcessFacts;
  /** By proxy index: the shared memory that the backend's balance algorithm asked for (none for frontends). */
  readonly balanceMemory: readonly (SharedArrayBuffer | undefined)[];
}

/** Lists of patterns and maps, and the addresses of host names in them. */
export interface PatternBuffers {
  readonly memory: SharedArrayBuffer;
  readonly names: ReadonlyMap<string, string>;
}

/** What logs and statistics say of the process. */
export interface ProcessFacts {
  readonly pid: number;
  readonly hostname: string;
  readonly startTimeMs: number;
  /** Global connection limit after the automatic computation. */
  readonly maxconn: number;
  readonly maxPipes: number;
  /**
   * Connections, to clients and to servers, from which on idle pools are not kept above what is needed
   * (`tune.pool-low-fd-ratio`), and from which on nothing is kept (`tune.pool-high-fd-ratio`).
   */
  readonly poolLowConnections: number;
  readonly poolHighConnections: number;
}

export type ToDataThread =
  /** Stop accepting but keep the sockets (SIGTTOU), and take it up again (SIGTTIN). */
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume'; readonly listeners: readonly OpenListener[] }
  /** Stop accepting on these listeners (all when undefined); idle connections are closed, the others end by themselves. */
  | { readonly kind: 'softStop'; readonly listeners: readonly number[] | undefined }
  | { readonly kind: 'stop' }
  /** Servers changed state: queues are looked at again, sessions are ended. */
  | { readonly kind: 'serversChanged'; readonly shutdowns: readonly SessionShutdown[] }
  | { readonly kind: 'question'; readonly id: number; readonly question: Question }
  /** What the main thread says to a `request` of this thread. */
  | { readonly kind: 'reply'; readonly id: number; readonly reply: unknown };

/**
 * What the log tells of it: the server went down, (of a backup) another one came up, or somebody wanted it.
 */
export type ShutdownCause = 'D' | 'U' | 'K';

/** The sessions of a server are to be ended. */
export interface SessionShutdown {
  /** Index of the server's shared words. */
  readonly server: number;
  readonly cause: ShutdownCause;
}

export type Question = { readonly ask: 'sessions' } | { readonly ask: 'pools' };

/** Something that a data thread wants done. Each kind is carried out by one feature of the main thread. */
export interface ControlRequest {
  readonly want: string;
  readonly what: unknown;
}

export type FromDataThread =
  | { readonly kind: 'request'; readonly id: number; readonly request: ControlRequest }
  | { readonly kind: 'ready' }
  /** After softStop: the thread has no session left. */
  | { readonly kind: 'drained' }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  /** For the operator. */
  | { readonly kind: 'warning'; readonly text: string }
  | { readonly kind: 'serverErrors'; readonly errors: ObservedErrors }
  /** An internal error that ended one stream, for the operator. */
  | { readonly kind: 'bug'; readonly text: string };
