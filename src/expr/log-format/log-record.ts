/**
 * What a log line can tell about one session, request or failed connection. The stream owns one and fills it; the
 * writers only read it. Times follow HAProxy's way of counting, so that every timer of the manual is a difference.
 * Specification: configuration manual, 8.2.6 for the fields and 8.4 for the timers.
 */
import { SocketAddress } from '../../protocol/socket-address.ts';
import type { Captures } from '../captures/captures.ts';
import type { Scope } from '../scope.ts';

const NOTHING: Uint8Array = new Uint8Array(0);

/** Bytes that somebody else owns and keeps until the line is written; empty when there are none. */
export class LoggedBytes {
  u8: Uint8Array = NOTHING;
  start = 0;
  end = 0;

  set(u8: Uint8Array, start: number, end: number): void {
    this.u8 = u8;
    this.start = start;
    this.end = end;
  }

  clear(): void {
    this.u8 = NOTHING;
    this.start = 0;
    this.end = 0;
  }
}

/** One for all lines of a thread: what does not depend on the session. */
export class LogProcess {
  pid = 0;
  hostname: Uint8Array = NOTHING;
}

export class LogRecord {
  /** What samples of the format (`%[…]`) are taken from; null: they have no value. */
  scope: Scope | null = null;
  /** The end of the client connection: announced by a PROXY header, if there was one. */
  readonly client = new SocketAddress();
  /** The address that the client connected to. */
  readonly frontendAddress = new SocketAddress();
  /** Number of the listener: stands for the port of a client on a unix socket. */
  listenerId = 0;
  /** `name` of the bind line; empty: its number is shown. */
  listenerName: Uint8Array = NOTHING;
  frontendName: Uint8Array = NOTHING;
  frontendIsHttp = false;
  frontendIsTls = false;
  /** The frontend's own name where no backend was chosen. */
  backendName: Uint8Array = NOTHING;
  /** Empty: no server (`<NOSRV>`); internal services give theirs, as `<STATS>`. */
  serverName: Uint8Array = NOTHING;
  /** Both ends of the server connection; unspecified without one. */
  readonly serverAddress = new SocketAddress();
  readonly sourceAddress = new SocketAddress();

  /** When the session was accepted, or the previous request of the connection ended: milliseconds since 1970. */
  acceptDateMs = 0;
  /** Spent in handshakes (PROXY header, TLS); only the first request of a connection has any. */
  handshakeMs = 0;
  /** Then spent waiting for the first byte of the request. */
  idleMs = 0;
  /*
   * Milliseconds from accept to the end of a phase, -1 while it is not reached: the request's headers (HTTP only),
   * the wait in queues, the connection to the server, the response's headers (in TCP the connection again), and all.
   */
  requestAtMs = -1;
  queuedAtMs = -1;
  connectedAtMs = -1;
  responseAtMs = -1;
  closedAtMs = 0;

  status = 0;
  /** From server to client, headers included, and from client to server. */
  bytesRead = 0;
  bytesUploaded = 0;
  /** Written before the end (`option logasap`): total time and bytes get a `+`. */
  partial = false;

  /** Four ASCII codes: cause, phase, and two for cookies. */
  readonly termination = Uint8Array.of(0x2d, 0x2d, 0x2d, 0x2d);
  activeConnections = 0;
  frontendConnections = 0;
  backendConnections = 0;
  serverConnections = 0;
  retries = 0;
  redispatched = false;
  serverQueue = 0;
  backendQueue = 0;

  /**
   * The request line `method SP target [SP version]`, at most tune.http.logurilen bytes of it (1023 when that is not
   * set); empty when no valid request was seen (`<BADREQ>`).
   */
  readonly requestLine = new LoggedBytes();
  /** Null where nothing is captured, or there was no request to do it: such a line has no blocks. */
  captures: Captures | null = null;
  readonly uniqueId = new LoggedBytes();
  /** Counts HTTP requests and TCP sessions of the process, and lines of the frontend. */
  requestCounter = 0;
  logCounter = 0;

  /** Number and text of what went wrong on the client connection (`fc_err`): 0 and empty for none. */
  connectionError = 0;
  connectionErrorText: Uint8Array = NOTHING;
  /** Empty without TLS. */
  sslVersion: Uint8Array = NOTHING;
  sslCipher: Uint8Array = NOTHING;

  readonly process: LogProcess;

  constructor(process: LogProcess) {
    this.process = process;
  }
}
