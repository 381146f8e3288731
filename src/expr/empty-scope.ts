/**
 * A scope with nothing in it: where there is no client and no exchange, such as checks, expressions still find constants,
 * states of the process and variables. Specification: scope.ts.
 */
import type { Origin } from '../config/words.ts';
import { SocketAddress } from '../protocol/socket-address.ts';
import { LogProcess, LogRecord } from './log-format/log-record.ts';
import { NoMessages } from './no-messages.ts';
import type { ExchangeScope, FrontendScope, ListenerScope, Scope, SessionScope } from './scope.ts';
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

export class EmptyScope extends NoMessages implements Scope {
  readonly sessionScope: SessionScope = new EmptySession();
  readonly exchange: ExchangeScope | null = null;
  readonly variables: Variables | null = null;
  readonly requestVariables: Variables | null = null;
  readonly responseVariables: Variables | null = null;
  readonly lastRule: Origin | null = null;

  get now(): number {
    return performance.now() | 0;
  }

  logRecord(): LogRecord {
    const record = new LogRecord(new LogProcess());
    record.scope = this;
    return record;
  }
}
