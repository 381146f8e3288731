/**
 * A scope with nothing in it: where there is no client and no exchange, such as checks, expressions still find constants,
 * states of the process and variables. Specification: scope.ts.
 */
import type { Origin } from '../config/words.ts';
import type { ByteWindow } from '../protocol/http1/body-scanner.ts';
import type { RequestFacts } from '../protocol/http1/request-facts.ts';
import type { RequestParser } from '../protocol/http1/request-parser.ts';
import type { ResponseParser } from '../protocol/http1/response-parser.ts';
import { SocketAddress } from '../protocol/socket-address.ts';
import { LogProcess, LogRecord } from './log-format/log-record.ts';
import type { BodyScope, ExchangeScope, FrontendScope, ListenerScope, Scope, SessionScope } from './scope.ts';
import { Variables } from './variables.ts';

const NO_BYTES = new Uint8Array(0);

export class EmptySession implements SessionScope {
  readonly clientAddress = new SocketAddress();
  readonly variables = new Variables();
  readonly receivedHeader: boolean = false;
  readonly authority = NO_BYTES;
  readonly frontendScope: FrontendScope = {
    id: 0,
    nameBytes: NO_BYTES,
    clientTimeoutMs: 0,
    defaultBackendName: null,
  };
  readonly listenerScope: ListenerScope = { id: 0, nameBytes: null, connections: 0 };
  readonly frontendIndex: number = -1;
  readonly threadNumber: number = 1;

  destinationAddress(): SocketAddress {
    return this.clientAddress;
  }

  originalSource(): SocketAddress {
    return this.clientAddress;
  }

  originalDestination(): SocketAddress {
    return this.clientAddress;
  }

  tcpInfo(_offset: number): number {
    return -1;
  }

  isLocal(_address: SocketAddress): boolean {
    return false;
  }
}

export class EmptyScope implements Scope {
  readonly sessionScope: SessionScope = new EmptySession();
  readonly exchange: ExchangeScope | null = null;
  readonly usesProxyHeaders: boolean = false;
  readonly isFirstRequest: boolean = true;
  readonly variables: Variables | null = null;
  readonly requestVariables: Variables | null = null;
  readonly responseVariables: Variables | null = null;
  readonly lastRule: Origin | null = null;

  get now(): number {
    return performance.now() | 0;
  }

  get rawRequest(): ByteWindow | null {
    return null;
  }

  get rawResponse(): ByteWindow | null {
    return null;
  }

  get requestHead(): RequestParser | null {
    return null;
  }

  get requestFacts(): RequestFacts | null {
    return null;
  }

  keptMethod(): Uint8Array | null {
    return null;
  }

  get responseHead(): ResponseParser | null {
    return null;
  }

  get responseStatus(): number {
    return 0;
  }

  get requestBody(): BodyScope | null {
    return null;
  }

  get responseAwaited(): boolean {
    return false;
  }

  get responseBody(): BodyScope | null {
    return null;
  }

  logRecord(): LogRecord {
    const record = new LogRecord(new LogProcess());
    record.scope = this;
    return record;
  }
}
