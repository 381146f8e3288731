/**
 * The one form of all dialogues: a check is a sequence of rules, each of which connects, sends, or expects something.
 * `tcp-check` and `http-check` lines are such rules, and the built-in checks of protocols are sequences of them.
 * What comes from the configuration is plain data. Specification: configuration manual 4.2 `tcp-check`, `http-check`.
 */
import type { Address } from '../../config/address.ts';
import type { ExpressionConfig } from '../../expr/expression-config.ts';
import type { CheckText, VariableChange } from './check-format.ts';
import type { CheckCode } from './check-status.ts';

interface Commented {
  readonly comment: string | undefined;
}

export interface ConnectRule extends Commented {
  readonly kind: 'connect';
  /** `default`: as the server line says, where the rule says nothing else. */
  readonly useDefaults: boolean;
  /** An expression is evaluated when the rule's turn comes. */
  readonly port: number | ExpressionConfig | undefined;
  readonly address: Address | undefined;
  readonly sendProxy: boolean;
  readonly viaSocks4: boolean;
  /** Ends the connection with a FIN rather than with a reset. */
  readonly linger: boolean;
}

export interface SendRule extends Commented {
  readonly kind: 'send';
  /** latin1. A function makes bytes that differ each time; configurations have none. */
  readonly bytes: CheckText | (() => string);
  /** The format makes hexadecimal digits. */
  readonly asDigits?: boolean;
}

/** `Text`: CheckText as it is written, string as it is sent. */
export interface HttpRequest<Text> {
  method: string | undefined;
  uri: Text | undefined;
  version: string | undefined;
  headers: [name: string, value: Text][];
  body: Text | undefined;
}

export type HttpRequestText = HttpRequest<CheckText>;

export interface HttpSendRule extends Commented {
  readonly kind: 'http-send';
  readonly request: HttpRequestText;
}

export type TextMethod = 'str' | 'beg' | 'end' | 'sub' | 'reg';

export interface TextMatch<Text = string> {
  readonly method: TextMethod;
  readonly text: Text;
}

/** `Text`: CheckText as it is written, string as answers are judged by it. */
export type Match<Text = string> =
  | { readonly type: 'string' | 'binary'; readonly text: string }
  | { readonly type: 'log-format string'; readonly text: Text }
  | { readonly type: 'log-format binary'; readonly text: Text }
  /** `binary regex` looks at the hexadecimal digits of what came. */
  | { readonly type: 'regex' | 'binary regex'; readonly pattern: string }
  | { readonly type: 'status'; readonly ranges: readonly { readonly from: number; readonly to: number }[] }
  | { readonly type: 'rstatus'; readonly pattern: string }
  | {
      readonly type: 'header';
      /** `fhdr`: values are not lists. */
      readonly full: boolean;
      readonly name: TextMatch<Text>;
      readonly value: TextMatch<Text> | undefined;
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
export type Telling<Text = string> = Text | { readonly lineFrom: number };

export interface Expectation<Text> extends Commented {
  readonly kind: 'expect';
  readonly match: Match<Text>;
  readonly negated: boolean;
  /** -1: a miss may still become a match; otherwise what came is judged once it is so long. */
  readonly minReceivedBytes: number;
  readonly okStatus: CheckCode | undefined;
  readonly errorStatus: CheckCode | undefined;
  readonly timeoutStatus: CheckCode | undefined;
  readonly onSuccess: Telling<Text> | undefined;
  readonly onError: Telling<Text> | undefined;
  /** The code is the number in so many first characters. */
  readonly codeDigits: number | undefined;
  /** Where the code is to be found instead. */
  readonly statusCode: ExpressionConfig | undefined;
}

export type ExpectRule = Expectation<CheckText>;
/** Its formats have been evaluated. */
export type ReadyExpectation = Expectation<string>;

export interface CommentRule {
  readonly kind: 'comment';
  readonly text: string;
}

export interface SetVariableRule {
  readonly kind: 'set-var';
  readonly change: VariableChange;
  readonly value: { readonly expression: ExpressionConfig } | { readonly format: CheckText };
}

export interface UnsetVariableRule {
  readonly kind: 'unset-var';
  readonly change: VariableChange;
}

export type CheckRule =
  | ConnectRule
  | SendRule
  | HttpSendRule
  | ExpectRule
  | CommentRule
  | SetVariableRule
  | UnsetVariableRule;

/** Of the checks of protocols, which have no formats. */
export type BuiltInRule = ConnectRule | SendRule | ReadyExpectation;

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

/** What an expectation says that nobody has asked anything of. */
export const EXPECTATION = {
  kind: 'expect',
  negated: false,
  minReceivedBytes: -1,
  okStatus: undefined,
  errorStatus: undefined,
  timeoutStatus: undefined,
  onSuccess: undefined,
  onError: undefined,
  codeDigits: undefined,
  statusCode: undefined,
  comment: undefined,
} as const;

export function expecting(
  match: Match,
  options: Partial<Omit<ReadyExpectation, 'kind' | 'match'>> = {},
): ReadyExpectation {
  return { ...EXPECTATION, match, ...options };
}

export function sending(bytes: SendRule['bytes']): SendRule {
  return { kind: 'send', bytes, comment: undefined };
}

export function emptyRequest(): HttpRequestText {
  return { method: undefined, uri: undefined, version: undefined, headers: [], body: undefined };
}

/** Whether carrying it out evaluates formats or expressions. */
export function isEvaluated(rule: CheckRule): boolean {
  switch (rule.kind) {
    case 'connect':
      return typeof rule.port === 'object';
    case 'send':
      return typeof rule.bytes === 'object';
    case 'http-send': {
      const { uri, body, headers } = rule.request;
      return isFormat(uri) || isFormat(body) || headers.some(([, value]) => isFormat(value));
    }
    case 'expect': {
      const { match, onSuccess, onError, statusCode } = rule;
      if (statusCode !== undefined || isFormat(onSuccess) || isFormat(onError)) return true;
      if (match.type === 'header') return isFormat(match.name.text) || isFormat(match.value?.text);
      return 'text' in match && isFormat(match.text);
    }
    case 'comment':
      return false;
    case 'set-var':
    case 'unset-var':
      return true;
  }
}

function isFormat(text: Telling<CheckText> | undefined): boolean {
  return typeof text === 'object' && 'text' in text;
}
