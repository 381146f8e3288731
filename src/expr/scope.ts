/**
 * What an expression can see where it is evaluated. Sessions and streams of the data plane implement these, checks give
 * the little they have; samples are taken through them only. A part that does not exist there is null, and the sample
 * is not found: whether that can happen is checked when the configuration is read (availability.ts).
 */

import type { Origin } from '../config/words.ts';
import type { ByteWindow } from '../protocol/http1/body-scanner.ts';
import type { RequestFacts } from '../protocol/http1/request-facts.ts';
import type { RequestParser } from '../protocol/http1/request-parser.ts';
import type { ResponseParser } from '../protocol/http1/response-parser.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import type { Captures } from './captures/captures.ts';
import type { LogRecord } from './log-format/log-record.ts';
import type { Sample } from './sample.ts';
import type { Variables } from './variables.ts';

/** The section that took the connection. */
export interface FrontendScope {
  /** By `id`, or counted from 1. */
  readonly id: number;
  readonly nameBytes: Uint8Array;
  readonly clientTimeoutMs: number;
  /** Of the default backend; null without one. */
  readonly defaultBackendName: Uint8Array | null;
}

/** The bind line that took the connection. */
export interface ListenerScope {
  readonly id: number;
  /** Its `name`; null without one. */
  readonly nameBytes: Uint8Array | null;
  /** Its connections now. */
  readonly connections: number;
}

/** The client connection. */
export interface SessionScope {
  /** As announced by a PROXY header or set by a rule, else the socket's own. */
  readonly clientAddress: SocketAddress;
  destinationAddress(): SocketAddress;
  /** Variables of scope `sess`; made on first use. */
  readonly variables: Variables;
  /** The same addresses before any rule changed them. */
  originalSource(): SocketAddress;
  originalDestination(): SocketAddress;
  /** Whether this machine has the address. */
  isLocal(address: SocketAddress): boolean;
  /** A field of what the kernel knows of the connection, by its offset in `struct tcp_info`; -1: it does not tell. */
  tcpInfo(offset: number): number;
  /** It came with a PROXY or NetScaler header. */
  readonly receivedHeader: boolean;
  /** Authority that a PROXY header announced. */
  readonly authority: Uint8Array;
  readonly frontendScope: FrontendScope;
  readonly listenerScope: ListenerScope;
  /** Index of the frontend's proxy, -1 where there is none. */
  readonly frontendIndex: number;
  /** Number of the data thread, from 1. */
  readonly threadNumber: number;
}

export const NO_RESPONSE = 0;
export const RESPONSE_1_0 = 10;
export const RESPONSE_1_1 = 11;
export type ResponseVersion = typeof NO_RESPONSE | typeof RESPONSE_1_0 | typeof RESPONSE_1_1;

/** What a stream has chosen and was told so far. */
export interface ExchangeScope {
  /** Index of the chosen backend's proxy, and of the server in it; -1 before. */
  readonly backendIndex: number;
  readonly serverPosition: number;
  readonly priorityClass: number;
  readonly priorityOffsetMs: number;
  /** As they count now, milliseconds; 0: there is none, or none yet. */
  readonly currentServerTimeoutMs: number;
  readonly currentTunnelTimeoutMs: number;
  /** The last rule that ended a rule set. */
  readonly lastRule: Origin | null;
  /** Made on first use; null where the frontend has no `unique-id-format`. */
  uniqueId(): Uint8Array | null;
  /** Null where the frontend captures nothing. */
  readonly captures: Captures | null;
  /** The request line as it was received, its first bytes; of length 0 without one (Linker.keepRequestLine). */
  readonly requestLine: Uint8Array;
  readonly requestLineLength: number;
  /** Of the server's response, or of an internal service's. */
  readonly responseVersion: ResponseVersion;
}

/** A body, as far as it is there while rules look at its message. */
export interface BodyScope {
  /** Bytes of data, without framing. */
  readonly availableBytes: number;
  /** As many as were announced: all of them, or with those of the chunk that has begun. */
  readonly announcedBytes: number;
  /** With the head, in the form in which HAProxy holds and counts a message. */
  readonly messageBytes: number;
  /** Nothing more of it will come, or fits. */
  readonly settled: boolean;
  /** Makes the sample of the data. */
  read(sample: Sample): true;
}

export interface Scope {
  /** The loop's clock, milliseconds. */
  readonly now: number;
  readonly sessionScope: SessionScope;
  /** What the client has sent and has not gone on; null in HTTP, and where nothing may be looked at yet. */
  readonly rawRequest: ByteWindow | null;
  /** The same of the server. */
  readonly rawResponse: ByteWindow | null;
  /** Null where there is no stream. */
  readonly exchange: ExchangeScope | null;
  /** The HTTP request's head, null in TCP, before it has arrived, and once it has gone to a server. */
  readonly requestHead: RequestParser | null;
  /** What the request's head meant; stays for the whole exchange. */
  readonly requestFacts: RequestFacts | null;
  /** The method, once the head has gone; null for one that has no well-known name. */
  keptMethod(): Uint8Array | null;
  /** The client speaks to a proxy: Proxy-Authorization counts, and 407 (`option http-use-proxy-header`). */
  readonly usesProxyHeaders: boolean;
  /** It is the first request of its connection. */
  readonly isFirstRequest: boolean;
  readonly responseHead: ResponseParser | null;
  /** It has not come yet, and rules look at it already. */
  readonly responseAwaited: boolean;
  /** Null where the head of the message is. */
  readonly requestBody: BodyScope | null;
  readonly responseBody: BodyScope | null;
  /** The final status of the response, 0 while there is none. */
  readonly responseStatus: number;
  /** Variables of scope `txn`, `req` and `res`; null where there is no stream. */
  readonly variables: Variables | null;
  readonly requestVariables: Variables | null;
  readonly responseVariables: Variables | null;
  /** Of scope `check`: in health checks only. */
  readonly checkVariables?: Variables;
  /** The fields of log formats as they stand now, for formats that name some. Filled by the call. */
  logRecord(): LogRecord;
}
