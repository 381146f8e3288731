/**
 * What rules act on. Sessions and streams of the data plane implement these; an action reaches nothing else. A part that
 * does not exist for a rule set is null: records name the sets they are for, so that an action never meets it.
 */
import type { Origin } from '../config/words.ts';
import type { Scope } from '../expr/scope.ts';
import type { Variables } from '../expr/variables.ts';
import type { RequestParser } from '../protocol/http1/request-parser.ts';
import type { ResponseParser } from '../protocol/http1/response-parser.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';

export interface RuleTarget extends Scope {
  readonly clientTarget: ClientTarget;
  readonly streamTarget: StreamTarget | null;
  readonly httpTarget: HttpTarget | null;
  /** The last rule that ended a rule set, for `last_rule_file` and `last_rule_line`. */
  lastRule: Origin | null;
}

/** The client connection. */
export interface ClientTarget {
  /** What later rules, logs and servers see as the client's address (`set-src`) and as the one it came to (`set-dst`). */
  readonly clientAddress: SocketAddress;
  destinationAddress(): SocketAddress;
  readonly variables: Variables;
}

export interface StreamTarget {
  /** Termination state in the log: who ended it, and in which phase. The first call counts. */
  setEnd(cause: string, phase: string): void;
  /** Syslog level of the stream's line; -1: silent; undefined: as usual. */
  logLevel: number | undefined;
}

/** How a head is written when it is made by the proxy itself. */
export interface LocalReply {
  readonly status: number;
  /** Status line and header lines, without the empty line, without anything about the connection. */
  readonly head: Uint8Array;
  readonly body: Uint8Array;
}

export interface HttpTarget {
  readonly requestHead: RequestParser | null;
  readonly responseHead: ResponseParser | null;
  /**
   * Answers with one of the proxy's own replies (`errorfile` and its relatives apply). Request rules: termination `PR`
   * or what `setEnd` said before.
   */
  reply(status: number): void;
  /** Answers with a reply that the rule has made. `closes`: the connection is not used again. */
  replyWith(status: number, head: Uint8Array, body: Uint8Array, closes?: boolean): void;
  /** A rule could not rewrite what it should for want of room: counted, and an error 500 where the rules are strict. */
  rewriteFailed(): number;
  /** Whether a failed rewrite ends the exchange (`strict-mode`). */
  strict: boolean;
}
