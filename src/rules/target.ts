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
import type { PreparedReply } from './prepared-reply.ts';

export interface RuleTarget extends Scope {
  readonly clientTarget: ClientTarget;
  readonly streamTarget: StreamTarget | null;
  readonly httpTarget: HttpTarget | null;
  /** The last rule that ended a rule set, for `last_rule_file` and `last_rule_line`. */
  lastRule: Origin | null;
}

export const GREETING_NONE = 0;
export const GREETING_PROXY = 1;
export const GREETING_CIP = 2;
export type GreetingKind = typeof GREETING_NONE | typeof GREETING_PROXY | typeof GREETING_CIP;

/** The client connection. */
export interface ClientTarget {
  /** What later rules, logs and servers see as the client's address (`set-src`) and as the one it came to (`set-dst`). */
  readonly clientAddress: SocketAddress;
  destinationAddress(): SocketAddress;
  readonly variables: Variables;
  /**
   * The addresses are about to be changed; `fc_src` and its relatives go on to tell what they were. `forStream`: the change
   * is for one request only.
   */
  keepAddresses(forStream: boolean): void;
  /** A header is expected before anything else (`expect-proxy`, `expect-netscaler-cip`). */
  expectGreeting(kind: GreetingKind): void;
  /** The connection will end without the client being told (`silent-drop`). */
  endUnseen(): void;
  /** Marks the packets to the client: for routing (`set-mark`), and their type of service (`set-tos`). */
  markPackets(mark: number): void;
  setServiceType(tos: number): void;
}

export interface StreamTarget {
  /** Termination state in the log: who ended it, and in which phase. The first call counts. */
  setEnd(cause: string, phase: string): void;
  /** Syslog level of the stream's line; -1: silent; undefined: as usual. */
  logLevel: number | undefined;
  /** Its place in queues: see priority.ts. */
  priorityClass: number;
  priorityOffsetMs: number;
  /** In the place of the backend's timeouts, milliseconds; 0: those count. */
  ruledServerMs: number;
  ruledTunnelMs: number;
  /** Failures of the exchange are not worth another attempt. */
  onlyOnce: boolean;
  /** `asRequest`: with its backend, and never as a response. */
  countDenied(asRequest?: boolean): void;
  /** Ends the exchange and the connection without a word. */
  reject(): void;
  /** The same, and counted, because of the response. */
  rejectResponse(): void;
  /** Gives up the server's connection; what has come from there still goes on. Result: the verdict of the rule. */
  closeServer(): number;
}

/** An answer that is given later (`tarpit`). Made when the rule is linked: nothing is allocated for it. */
export interface Delayed {
  answer(target: RuleTarget): void;
}

export interface HttpTarget {
  setEnd(cause: string, phase: string): void;
  /** What was received, to be read and edited; null once it has gone on. */
  readonly requestHead: RequestParser | null;
  readonly responseHead: ResponseParser | null;
  /**
   * For a rule that wants so much of the body (0: all) of the message that is looked at. YIELD: it is to be asked again;
   * when the time is over, which 0 leaves to the peer's timeout, the exchange ends. CONTINUE: it is there, or as much as
   * there will be.
   */
  waitForBody(limitMs: number, leastBytes: number): number;
  /** `capture cookie` looks at the request now, as what ends it here would have it told in the log. */
  captureCookie(): void;
  /** The request came with a body. */
  readonly requestHasBody: boolean;
  /** A rule refuses the message, or answers in the place of a server: counted. */
  countDenied(): void;
  countIntercepted(): void;
  /**
   * Answers with one of the proxy's own replies: `errorfile` and its relatives apply. `lines`: more header lines for it.
   */
  reply(status: number, lines?: Uint8Array): void;
  /** Answers with a message that the configuration gives whole. */
  replyPrepared(reply: PreparedReply): void;
  /**
   * Sends a response that another one follows: status line and header lines, without the empty line. False: the client
   * is gone, and the exchange has ended.
   */
  sendInterim(head: Uint8Array, length: number): boolean;
  /** The client knows responses that others follow. */
  readonly takesInterim: boolean;
  /** The request is found to be malformed: 400, and nothing of it is read on. */
  refuseRequest(): void;
  /** Ends the exchange and the connection without a word. */
  reject(): void;
  /** The same for a connection that is forgotten: what the log tells of the response stays (`silent-drop`). */
  drop(): void;
  /**
   * Answers with a reply that the rule has made: status line and header lines, without anything about the connection and
   * without the empty line. `closes`: the connection is not used again; `saysSo`: the head does say that.
   */
  replyWith(status: number, head: Uint8Array, body: Uint8Array, closes?: boolean, saysSo?: boolean): void;
  /** Lets the client wait for its answer. */
  delay(delayMs: number, answer: Delayed): void;
  /** `timeout tarpit`, or what stands in for it. */
  readonly tarpitMs: number;
  /** A rule could not rewrite what it should for want of room. Result: the verdict that the rule gives. */
  rewriteFailed(): number;
  /** Whether a failed rewrite ends the exchange (`strict-mode`). */
  strict: boolean;
}
