/**
 * The one form of all dialogues: a check is a sequence of rules, each of which connects, sends, or expects something.
 * `tcp-check` and `http-check` lines are such rules, and the built-in checks of protocols are sequences of them.
 * What comes from the configuration is plain data. Specification: configuration manual 4.2 `tcp-check`, `http-check`.
 */
import type { Address } from '../../config/address.ts';
import type { CheckCode } from './check-status.ts';

interface Commented {
  readonly comment: string | undefined;
}

export interface ConnectRule extends Commented {
  readonly kind: 'connect';
  /** `default`: as the server line says, where the rule says nothing else. */
  readonly useDefaults: boolean;
  readonly port: number | undefined;
  readonly address: Address | undefined;
  readonly sendProxy: boolean;
  readonly viaSocks4: boolean;
  /** Ends the connection with a FIN rather than with a reset. */
  readonly linger: boolean;
}

export interface SendRule extends Commented {
  readonly kind: 'send';
  /** latin1. A function makes bytes that differ each time; configurations have none. */
  readonly bytes: string | (() => string);
}

export interface HttpRequestText {
  method: string | undefined;
  uri: string | undefined;
  version: string | undefined;
  headers: [name: string, value: string][];
  body: string | undefined;
}

export interface HttpSendRule extends Commented {
  readonly kind: 'http-send';
  readonly request: HttpRequestText;
}

export type TextMethod = 'str' | 'beg' | 'end' | 'sub' | 'reg';

export interface TextMatch {
  readonly method: TextMethod;
  readonly text: string;
}

export type Match =
  | {
      readonly type: 'string' | 'binary' | 'log-format string' | 'log-format binary';
      readonly text: string;
    }
  /** `binary regex` looks at the hexadecimal digits of what came. */
  | { readonly type: 'regex' | 'binary regex'; readonly pattern: string }
  | { readonly type: 'status'; readonly ranges: readonly { readonly from: number; readonly to: number }[] }
  | { readonly type: 'rstatus'; readonly pattern: string }
  | {
      readonly type: 'header';
      /** `fhdr`: values are not lists. */
      readonly full: boolean;
      readonly name: TextMatch;
      readonly value: TextMatch | undefined;
    }
  /** Of the built-in checks. */
  | { readonly type: 'reply'; readonly judge: ReplyJudge };

/** What a judge makes of the bytes so far; `final`: there will be no more. */
export type ReplyJudge = (received: string, final: boolean) => Judgement;

export type Judgement =
  | 'more'
  | {
      readonly passed: boolean;
      /** Otherwise the status that the rule has for the case. */
      readonly status?: CheckCode;
      readonly code?: number;
      /** Otherwise the text that the rule has for the case. */
      readonly info?: string;
      /** The rest of the sequence does not matter any more. */
      readonly concludes?: boolean;
    };

/** What a rule tells of the bytes that came: a text, or their first line from `skip` on. */
export type Telling = string | { readonly lineFrom: number };

export interface ExpectRule extends Commented {
  readonly kind: 'expect';
  readonly match: Match;
  readonly negated: boolean;
  /** -1: a miss may still become a match; otherwise what came is judged once it is so long. */
  readonly minReceivedBytes: number;
  readonly okStatus: CheckCode | undefined;
  readonly errorStatus: CheckCode | undefined;
  readonly timeoutStatus: CheckCode | undefined;
  readonly onSuccess: Telling | undefined;
  readonly onError: Telling | undefined;
  /** The code is the number in so many first characters. */
  readonly codeDigits: number | undefined;
}

export interface CommentRule {
  readonly kind: 'comment';
  readonly text: string;
}

/** Nothing sets variables yet, so there is never anything to free. */
export interface UnsetVariableRule {
  readonly kind: 'unset-var';
  readonly name: string;
}

export type CheckRule = ConnectRule | SendRule | HttpSendRule | ExpectRule | CommentRule | UnsetVariableRule;

/** Who speaks: decides how steps and failures are told. */
export type Dialect = 'plain' | 'tcp' | 'http' | 'protocol';

export interface CheckSequence {
  readonly dialect: Dialect;
  readonly rules: readonly CheckRule[];
  /** The first rule was not written: steps are counted from the second. */
  readonly implicitConnect: boolean;
  /** Of `http-check disable-on-404`. */
  readonly disableOn404: boolean;
}

export const DEFAULT_CONNECT: ConnectRule = {
  kind: 'connect',
  useDefaults: true,
  port: undefined,
  address: undefined,
  sendProxy: false,
  viaSocks4: false,
  linger: false,
  comment: undefined,
};

export function expecting(
  match: Match,
  options: Partial<Omit<ExpectRule, 'kind' | 'match'>> = {},
): ExpectRule {
  return {
    kind: 'expect',
    match,
    negated: false,
    minReceivedBytes: -1,
    okStatus: undefined,
    errorStatus: undefined,
    timeoutStatus: undefined,
    onSuccess: undefined,
    onError: undefined,
    codeDigits: undefined,
    comment: undefined,
    ...options,
  };
}

export function sending(bytes: SendRule['bytes']): SendRule {
  return { kind: 'send', bytes, comment: undefined };
}

export function emptyRequest(): HttpRequestText {
  return { method: undefined, uri: undefined, version: undefined, headers: [], body: undefined };
}
