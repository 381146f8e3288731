/**
 * Tells the log about streams: fills the record that the log formats read, and decides the level.
 * Specification: configuration manual 8.2 (fields), 8.4 (timers), 8.5 (termination states).
 */

import { LogProcess, LogRecord } from '../expr/log-format/log-record.ts';
import { u8 } from '../os/arena.ts';
import { PROCESS_CONNECTIONS, PROCESS_STREAMS } from '../state/shared-state.ts';
import type { Backend } from './backend.ts';
import type { Frontend } from './frontend.ts';
import type { FrontendLog } from './frontend-log.ts';
import { HttpExchange } from './http/exchange.ts';
import type { HttpSession } from './http/session.ts';
import type { Plane } from './plane.ts';
import type { Session } from './session.ts';
import { scopeOf } from './session-rules.ts';
import type { Stream } from './stream.ts';

const LEVEL_ERROR = 3;
const LEVEL_INFO = 6;
/** `http-request set-log-level silent`. */
const SILENT = -1;
const DASH = 45;
const NOTHING = new Uint8Array(0);

export class StreamLogger {
  private readonly plane: Plane;
  private readonly record: LogRecord;
  private readonly names = new Map<string, Uint8Array>();

  constructor(plane: Plane) {
    this.plane = plane;
    const process = new LogProcess();
    process.pid = plane.process.pid;
    process.hostname = Buffer.from(plane.process.hostname, 'latin1');
    this.record = new LogRecord(process);
  }

  /** A stream has come as far as `moment`; formats that need no more are written now. */
  reached(stream: Stream, backend: Backend | null, moment: number): void {
    const log = stream.session.frontend.log;
    if (!log.enabled || log.moment !== moment || stream.logged) return;
    stream.logged = true;
    if (backend !== null) stream.noteLoad(backend);
    this.record.partial = log.asap;
    this.write(stream, backend, log, LEVEL_INFO);
    this.record.partial = false;
  }

  /** Gives the stream the identifier that its frontend wants it to have. */
  identify(stream: Stream): void {
    const { uniqueId } = stream.session.frontend;
    if (uniqueId === null || stream.uniqueIdBytes !== undefined) return;
    this.fill(stream, stream.backend);
    stream.uniqueIdBytes = uniqueId.make(this.record);
  }

  /** The fields as they stand now, for formats in rules. */
  recordOf(stream: Stream): LogRecord {
    this.fill(stream, stream.backend);
    return this.record;
  }

  /** The same of a connection that has no stream yet. */
  recordOfSession(session: Session): LogRecord {
    this.fillSession(session, session.acceptedAt, true);
    this.fillNames(session.frontend, null, null);
    return this.record;
  }

  /** The stream is over. */
  logStream(stream: Stream, backend: Backend | null): void {
    const log = stream.session.frontend.log;
    if (!log.enabled || stream.logged) return;
    const failed = this.failed(stream);
    if (log.dontLogNormal && !failed) return;
    if (log.dontLogNull && !(stream instanceof HttpExchange) && stream.bytesIn === 0) {
      if (stream.endCause === DASH || stream.bytesOut === 0) return;
    }
    this.write(stream, backend, log, failed && log.separateErrors ? LEVEL_ERROR : LEVEL_INFO);
  }

  private write(stream: Stream, backend: Backend | null, log: FrontendLog, level: number): void {
    if (stream.logLevel === SILENT) return;
    if (stream.logLevel !== undefined) level = stream.logLevel;
    this.fill(stream, backend);
    const output = log.output;
    const at = output.messageAt;
    const end = log.format.write(this.record, u8, at, at + output.maxMessageBytes - 1);
    if (end > at) this.send(log, level, end);
  }

  private send(log: FrontendLog, level: number, end: number): void {
    let structuredData = NOTHING;
    if (log.sdFormat !== null) {
      const at = this.plane.scratch;
      structuredData = u8.slice(at, log.sdFormat.write(this.record, u8, at, at + log.output.maxMessageBytes));
    }
    log.output.send(level, end, structuredData);
  }

  /** What could not be read as a request. `stream` is null when not a single byte came. */
  logBadRequest(
    session: HttpSession,
    stream: HttpExchange | null,
    cause: string,
    phase: string,
    status: number,
  ): void {
    const frontend = session.frontend;
    const log = frontend.log;
    if (!log.enabled) return;
    if (stream === null && (log.dontLogNull || frontend.ignoreProbes)) return;
    const record = this.record;
    this.fillSession(session, session.idleSince, session.requests <= 1);
    record.status = stream === null && frontend.ignoreProbes ? 0 : status;
    record.idleMs =
      stream === null
        ? elapsed(this.plane, session.idleSince) - record.handshakeMs
        : (stream.startedAt - session.idleSince) | 0;
    record.requestAtMs = -1;
    record.queuedAtMs = -1;
    record.connectedAtMs = -1;
    record.responseAtMs = -1;
    record.closedAtMs = elapsed(this.plane, session.idleSince);
    record.bytesRead = 0;
    record.bytesUploaded = 0;
    record.retries = 0;
    record.redispatched = false;
    record.serverQueue = 0;
    record.backendQueue = 0;
    record.requestLine.clear();
    this.fillNames(frontend, null, null);
    this.terminate(cause.charCodeAt(0), phase.charCodeAt(0));
    const at = log.output.messageAt;
    const end = (log.errorFormat ?? log.format).write(record, u8, at, at + log.output.maxMessageBytes - 1);
    if (end > at) this.send(log, log.separateErrors ? LEVEL_ERROR : LEVEL_INFO, end);
  }

  /** A connection that did not begin with the header that its listener wants. */
  logGreetingFailure(session: Session, message: string): void {
    const log = session.frontend.log;
    if (!log.enabled) return;
    const record = this.record;
    this.fillSession(session, session.acceptedAt, true);
    this.fillNames(session.frontend, null, null);
    record.closedAtMs = elapsed(this.plane, session.acceptedAt);
    record.connectionErrorText = Buffer.from(message, 'latin1');
    record.connectionError = 1;
    const at = log.output.messageAt;
    const end = log.connectionErrorFormat.write(record, u8, at, at + log.output.maxMessageBytes - 1);
    record.connectionErrorText = NOTHING;
    record.connectionError = 0;
    if (end > at) log.output.send(log.separateErrors ? LEVEL_ERROR : LEVEL_INFO, end);
  }

  private failed(stream: Stream): boolean {
    if (stream.endCause !== DASH && stream.endCause !== 0x4c) return true;
    if (stream.retries > 0 || stream.redispatched) return true;
    return stream instanceof HttpExchange && (stream.status < 0 || stream.status >= 500);
  }

  private fill(stream: Stream, backend: Backend | null): void {
    const { record, plane } = this;
    const session = stream.session;
    const http = stream instanceof HttpExchange;
    const origin = http ? (session as HttpSession).idleSince : session.acceptedAt;
    this.fillSession(session, origin, !http || (session as HttpSession).requests === 1);
    record.scope = stream;
    record.captures = stream.captures;
    record.idleMs = http ? Math.max(0, ((stream.startedAt - origin) | 0) - record.handshakeMs) : 0;
    record.requestAtMs =
      http && stream.requested && stream.requestTimed ? (stream.requestAt - origin) | 0 : -1;
    record.queuedAtMs = stream.assigned ? (stream.assignedAt - origin) | 0 : -1;
    record.connectedAtMs = stream.connected ? (stream.connectedAt - origin) | 0 : -1;
    if (http) record.responseAtMs = stream.responded ? (stream.responseAt - origin) | 0 : -1;
    else record.responseAtMs = record.connectedAtMs;
    record.closedAtMs = elapsed(plane, origin);
    record.status = http ? stream.status : 0;
    record.bytesRead = stream.bytesOut;
    record.bytesUploaded = stream.bytesIn;
    record.retries = stream.retries;
    record.redispatched = stream.redispatched;
    record.serverQueue = stream.serverQueue;
    record.backendQueue = stream.backendQueue;
    if (http) record.requestLine.set(stream.requestLine, 0, stream.requestLineLength);
    else record.requestLine.clear();
    this.fillNames(session.frontend, backend, stream);
    this.terminate(stream.endCause, stream.endPhase, stream.cookieRequestFlag, stream.cookieResponseFlag);
    if (stream.uniqueIdBytes === undefined) record.uniqueId.clear();
    else record.uniqueId.set(stream.uniqueIdBytes, 0, stream.uniqueIdBytes.length);
    record.requestCounter = Atomics.load(plane.words, PROCESS_STREAMS);
  }

  private fillSession(session: Session, origin: number, first: boolean): void {
    const { record, plane } = this;
    const frontend = session.frontend;
    record.scope = scopeOf(session);
    record.captures = null;
    record.client.copyFrom(session.clientAddress);
    record.frontendAddress.copyFrom(session.destinationAddress());
    record.listenerId = session.listener.bind.id ?? session.listener.index + 1;
    record.listenerName = this.name(session.listener.bind.name ?? '');
    record.frontendIsHttp = frontend.http;
    record.handshakeMs = first ? session.handshakeMs : 0;
    record.acceptDateMs = Date.now() - elapsed(plane, origin);
    record.activeConnections = Atomics.load(plane.words, PROCESS_CONNECTIONS);
    record.frontendConnections = frontend.connections;
  }

  private fillNames(frontend: Frontend, backend: Backend | null, stream: Stream | null): void {
    const record = this.record;
    record.frontendName = this.name(frontend.name);
    record.backendName = this.name(backend?.name ?? frontend.name);
    const server = stream?.server ?? null;
    const applet = stream instanceof HttpExchange ? stream.applet : null;
    record.serverName =
      applet !== null
        ? applet.name
        : server === null || server.backend.direct === server
          ? NOTHING
          : this.name(server.name);
    record.backendConnections = stream?.backendConnections ?? 0;
    record.serverConnections = stream?.serverConnections ?? 0;
    record.serverAddress.clear();
    record.sourceAddress.clear();
    if (server === null || stream === null) return;
    record.serverAddress.copyFrom(stream.targetAddress(server));
    record.sourceAddress.copyFrom(stream.sourceAddress);
  }

  private terminate(cause: number, phase: number, requestCookie = DASH, responseCookie = DASH): void {
    const { termination } = this.record;
    termination[0] = cause;
    termination[1] = phase;
    termination[2] = requestCookie;
    termination[3] = responseCookie;
  }

  private name(text: string): Uint8Array {
    let bytes = this.names.get(text);
    if (bytes === undefined) {
      bytes = Buffer.from(text, 'latin1');
      this.names.set(text, bytes);
    }
    return bytes;
  }
}

function elapsed(plane: Plane, since: number): number {
  return (plane.loop.now - since) | 0;
}
