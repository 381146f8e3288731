/**
 * One run through a check's sequence: connects, sends, judges what comes back, always closes, and tells what was found
 * out. It knows nothing of servers' states. Specification: configuration manual 4.2 `tcp-check`, `http-check`,
 * `timeout check`; statuses and texts as HAProxy 2.6 gives them.
 */
import type { ExpressionConfig } from '../../expr/expression-config.ts';
import { CheckConnection, type ConnectionEvents } from './check-connection.ts';
import type { CheckText } from './check-format.ts';
import { connectionPlan, type DialoguePlan } from './check-plan.ts';
import type {
  CheckRule,
  CheckSequence,
  ConnectRule,
  ExpectRule,
  Judgement,
  Match,
  ReadyExpectation,
  SendRule,
  Telling,
  TextMatch,
} from './check-rules.ts';
import type { CheckSamples } from './check-samples.ts';
import type { CheckScope } from './check-scope.ts';
import { isStep } from './check-sequence.ts';
import { type CheckCode, type CheckResult, hasCode } from './check-status.ts';
import { judgeHttp } from './http-match.ts';
import { httpCheckRequest } from './http-request.ts';
import { bytesOfDigits, describeMatch, judgeStream, tell } from './stream-match.ts';

export interface DialogueSettings {
  /** Whether a 404 means that the server wants no new sessions (`http-check disable-on-404`). */
  readonly stopsOn404: boolean;
  /** Value of the header that tells the server how it is seen (`http-check send-state`). */
  readonly stateHeader: string | undefined;
  /** What evaluates the rules' formats and expressions; undefined where they have none. */
  readonly evaluation: CheckEvaluation | undefined;
}

export interface CheckEvaluation {
  readonly samples: CheckSamples;
  readonly scope: CheckScope;
}

/** A timer that comes so late tells of this thread rather than of a server. */
const LATE_MS = 50;

export class CheckDialogue {
  readonly result: Promise<CheckResult>;
  readonly #plan: DialoguePlan;
  readonly #sequence: CheckSequence;
  readonly #settings: DialogueSettings;
  readonly #startedMs = performance.now();
  #resolve: (result: CheckResult) => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #hearing: NodeJS.Immediate | undefined;
  #connection: CheckConnection | undefined;
  /** Place of the rule that is being carried out. */
  #at = -1;
  #connecting = false;
  #isOver = false;
  /** What came since the connection or since something was sent, latin1. */
  #received = '';
  #serverEnded = false;
  #last: { judgement: Exclude<Judgement, 'more'>; received: string } | undefined;

  constructor(plan: DialoguePlan, settings: DialogueSettings) {
    this.#plan = plan;
    this.#sequence = plan.sequence;
    this.#settings = settings;
    this.result = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#arm(plan.connectTimeoutMs);
    this.#advance();
  }

  /** Gives up without a result that means anything. */
  cancel(): void {
    this.#conclude('UNK', 0, '');
  }

  #arm(delayMs: number): void {
    this.#disarm();
    const dueMs = performance.now() + delayMs;
    this.#timer = setTimeout(() => {
      const lateMs = performance.now() - dueMs;
      // What has come meanwhile is heard first, and time that this thread has lost is not the server's.
      this.#hearing = setImmediate(() => {
        if (lateMs > LATE_MS) this.#arm(lateMs);
        else this.#timedOut();
      });
    }, delayMs);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#hearing);
  }

  get #rule(): CheckRule | undefined {
    return this.#sequence.rules[this.#at];
  }

  /** Goes on behind the present rule, as far as nothing has to be waited for. */
  #advance(): void {
    for (;;) {
      this.#at++;
      const rule = this.#rule;
      if (rule === undefined) {
        this.#succeed();
        return;
      }
      switch (rule.kind) {
        case 'connect':
          this.#connect(rule);
          return;
        case 'send': {
          const bytes = this.#bytesOf(rule);
          if (bytes === undefined) {
            this.#failToBuild();
            return;
          }
          this.#send(bytes);
          break;
        }
        case 'http-send':
          this.#send(this.#requestOf(rule));
          break;
        case 'expect':
          if (!this.#judge(rule)) return;
          break;
        case 'set-var':
        case 'unset-var':
          this.#changeVariable(rule);
          break;
        case 'comment':
          break;
      }
    }
  }

  #connect(rule: ConnectRule): void {
    this.#close('next');
    this.#received = '';
    this.#serverEnded = false;
    this.#connecting = true;
    if (this.#at > 0 && this.#plan.readTimeoutMs !== undefined && this.#connection !== undefined) {
      this.#arm(this.#plan.connectTimeoutMs);
    }
    const connectedSince = performance.now();
    // A connection that was given up may still have something to say.
    const own = (): boolean => this.#connection === connection && !this.#isOver;
    const events: ConnectionEvents = {
      established: () => {
        if (own()) this.#established(performance.now() - connectedSince);
      },
      received: (text) => {
        if (own()) this.#take(text);
      },
      ended: () => {
        if (own()) this.#end();
      },
      failed: (text) => {
        if (own()) this.#fail(text);
      },
    };
    const connection = new CheckConnection(connectionPlan(this.#plan, rule, this.#portOf(rule)), events);
    this.#connection = connection;
  }

  #established(spentMs: number): void {
    const { readTimeoutMs, connectTimeoutMs } = this.#plan;
    // The time for connecting is never taken back: a shorter read timeout only counts from there on.
    if (readTimeoutMs !== undefined) this.#arm(Math.max(readTimeoutMs, connectTimeoutMs - spentMs));
    this.#connecting = false;
    this.#advance();
  }

  #send(bytes: string): void {
    this.#received = '';
    if (bytes !== '') this.#connection?.write(bytes);
  }

  #take(text: string): void {
    const room = this.#plan.bufferBytes - this.#received.length;
    if (room > 0) this.#received += text.slice(0, room);
    this.#lookAgain();
  }

  #end(): void {
    this.#serverEnded = true;
    this.#lookAgain();
  }

  #lookAgain(): void {
    const rule = this.#rule;
    if (rule?.kind === 'expect' && this.#judge(rule)) this.#advance();
  }

  #fail(text: string): void {
    const isHttp = this.#sequence.dialect === 'http';
    if (this.#connecting) this.#conclude('L4CON', 0, text + this.#step());
    else if (!isHttp && (this.#received !== '' || this.#serverEnded)) {
      // What came before the reset is judged as if the server had just ended there.
      this.#end();
      if (!this.#isOver) this.#conclude('SOCKERR', 0, text + this.#step());
    } else this.#conclude('SOCKERR', 0, text + this.#step());
  }

  #timedOut(): void {
    const rule = this.#rule;
    if (this.#connecting) this.#conclude('L4TOUT', 0, this.#step());
    else {
      const own = rule?.kind === 'expect' ? rule.timeoutStatus : undefined;
      this.#conclude(own ?? 'L7TOUT', 0, this.#step());
    }
  }

  /** Whether the sequence goes on behind this rule now. */
  #judge(written: ExpectRule): boolean {
    const rule = this.#ready(written);
    if (rule === undefined) return false;
    const full = this.#received.length >= this.#plan.bufferBytes;
    const isHttp = this.#sequence.dialect === 'http';
    const judgement = isHttp
      ? judgeHttp(rule, this.#received, this.#serverEnded || full, {
          stopsOn404: this.#settings.stopsOn404,
          comment: this.#comment(),
          hasBody: !this.#isHead(),
        })
      : judgeStream(rule, this.#received, this.#serverEnded || full, this.#stepNumber, this.#comment());
    if (judgement === 'more') return false;
    this.#last = { judgement, received: this.#received };
    if (judgement.passed && judgement.concludes !== true) return true;
    const code = this.#codeOf(rule) ?? judgement.code ?? codeIn(rule, this.#received) ?? 0;
    const fallback = judgement.passed ? 'L7OK' : (rule.errorStatus ?? 'L7RSP');
    this.#conclude(judgement.status ?? fallback, code, judgement.info ?? '');
    return false;
  }

  // ---- formats and expressions ----------------------------------------------------------------------------------

  #text(text: CheckText): string {
    if (typeof text === 'string') return text;
    const { samples, scope } = this.#evaluation();
    return samples.text(text, scope);
  }

  /** With the scope made to see what has been received. */
  #evaluation(): CheckEvaluation {
    const { evaluation } = this.#settings;
    if (evaluation === undefined) throw new Error('a check without expressions has one');
    evaluation.scope.see(this.#received);
    return evaluation;
  }

  #integer(expression: ExpressionConfig): number | undefined {
    const { samples, scope } = this.#evaluation();
    return samples.integer(expression, scope);
  }

  #changeVariable(rule: CheckRule & { kind: 'set-var' | 'unset-var' }): void {
    const { samples, scope } = this.#evaluation();
    if (rule.kind === 'set-var') samples.set(rule, scope);
    else samples.unset(rule.change, scope);
  }

  /** The port that the rule has, or 0. */
  #portOf({ port }: ConnectRule): number {
    if (port === undefined || typeof port === 'number') return port ?? 0;
    return (this.#integer(port) ?? 0) & 0xffff;
  }

  /** Undefined when a format should have made digits and did not. */
  #bytesOf({ bytes, asDigits }: SendRule): string | undefined {
    if (typeof bytes === 'function') return bytes();
    const text = this.#text(bytes);
    return asDigits === true ? bytesOfDigits(text) : text;
  }

  #failToBuild(): void {
    const failure = `tcp-check send : failed to build log-format string at step ${this.#stepNumber}`;
    this.#conclude('L7RSP', 0, failure);
  }

  #requestOf({ request }: CheckRule & { kind: 'http-send' }): string {
    const { headers, uri, body, method, version } = request;
    const sent = headers.map(([name, value]): [string, string] => [name, this.#text(value)]);
    const ready = {
      method,
      version,
      // What comes out empty is not sent.
      headers: sent.filter(([, value]) => value !== ''),
      uri: uri === undefined ? undefined : this.#text(uri) || undefined,
      body: body === undefined ? undefined : this.#text(body),
    };
    return httpCheckRequest(ready, this.#settings.stateHeader);
  }

  /** The rule with its formats evaluated; undefined when there is nothing to match, which has been told. */
  #ready(rule: ExpectRule): ReadyExpectation | undefined {
    const match = this.#readyMatch(rule.match);
    if (match === undefined) {
      this.#conclude('L7RSP', 0, 'log-format string evaluated to an empty string');
      return undefined;
    }
    const { onSuccess, onError } = rule;
    return {
      ...rule,
      match,
      onSuccess: onSuccess === undefined ? undefined : this.#told(onSuccess),
      onError: onError === undefined ? undefined : this.#told(onError),
    };
  }

  #readyMatch(match: Match<CheckText>): Match | undefined {
    if (match.type === 'log-format string' || match.type === 'log-format binary') {
      const text = this.#text(match.text);
      return text === '' ? undefined : { type: match.type, text };
    }
    if (match.type !== 'header') return match;
    const name = this.#readyText(match.name);
    const value = match.value === undefined ? undefined : this.#readyText(match.value);
    if (name === undefined || (value === undefined && match.value !== undefined)) return undefined;
    return { type: 'header', full: match.full, name, value };
  }

  #readyText({ method, text }: TextMatch<CheckText>): TextMatch | undefined {
    const ready = this.#text(text);
    return ready === '' ? undefined : { method, text: ready };
  }

  #told(telling: Telling<CheckText>): Telling {
    return typeof telling === 'object' && 'lineFrom' in telling ? telling : this.#text(telling);
  }

  /** The code that the rule looks for by itself. */
  #codeOf({ statusCode }: { readonly statusCode: ExpressionConfig | undefined }): number | undefined {
    return statusCode === undefined ? undefined : this.#integer(statusCode);
  }

  #isHead(): boolean {
    const sent = this.#sequence.rules.slice(0, this.#at).findLast(({ kind }) => kind === 'http-send');
    return sent?.kind === 'http-send' && sent.request.method === 'HEAD';
  }

  #succeed(): void {
    const { rules, dialect, implicitConnect } = this.#sequence;
    const last = rules.findLast(isStep);
    const named = dialect === 'tcp' ? '(tcp-check)' : '';
    if (last === undefined || last.kind === 'connect') {
      const told = implicitConnect && rules.indexOf(last as CheckRule) === 0 ? '' : named;
      this.#conclude('L4OK', 0, told);
    } else if (last.kind === 'expect' && this.#last !== undefined) {
      const { judgement, received } = this.#last;
      const code = this.#codeOf(last) ?? codeIn(last, received) ?? judgement.code ?? 0;
      const told = last.onSuccess === undefined ? undefined : tell(this.#told(last.onSuccess), received);
      this.#conclude(judgement.status ?? last.okStatus ?? 'L7OK', code, judgement.info ?? told ?? named);
    } else this.#conclude('L7OK', 0, named);
  }

  #conclude(status: CheckCode, code: number, info: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#disarm();
    const passed = status === 'L4OK' || status === 'L6OK' || status === 'L7OK' || status === 'L7OKC';
    this.#close(passed ? 'passed' : 'failed');
    const durationMs = Math.round(performance.now() - this.#startedMs);
    this.#resolve({ status, code: hasCode(status) ? code : undefined, info, durationMs });
  }

  /** Resets the connection, unless something written must still leave or the rules want it to end gently. */
  #close(why: 'next' | 'passed' | 'failed'): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const { rules, dialect } = this.#sequence;
    const before = rules.slice(0, Math.min(this.#at, rules.length));
    const opened = before.findLast(({ kind }) => kind === 'connect');
    const lingers = opened?.kind === 'connect' && opened.linger;
    const last = before.findLast(isStep);
    const sentLast = why === 'passed' && (last?.kind === 'send' || last?.kind === 'http-send');
    const headerLast = why === 'passed' && last === opened && !this.#knocks(opened);
    if (lingers || sentLast || headerLast || this.#serverEnded || (why === 'next' && dialect === 'http')) {
      connection.finish();
    } else connection.reset();
  }

  #knocks(opened: CheckRule | undefined): boolean {
    return opened?.kind === 'connect' && connectionPlan(this.#plan, opened, 0).knocksOnly;
  }

  get #stepNumber(): number {
    return this.#sequence.implicitConnect ? this.#at : this.#at + 1;
  }

  /** The comment of the present rule, or the one written just before it. */
  #comment(): string | undefined {
    const rule = this.#rule;
    if (rule !== undefined && 'comment' in rule && rule.comment !== undefined) return rule.comment;
    const before = this.#sequence.rules[this.#at - 1];
    return before?.kind === 'comment' ? before.text : undefined;
  }

  /** Where a tcp-check has got to: ` at step 2 of tcp-check (send)`. */
  #step(): string {
    const rule = this.#rule;
    if (this.#sequence.dialect !== 'tcp' || rule === undefined) return '';
    if (rule.kind === 'connect' && this.#sequence.implicitConnect && this.#at === 0) {
      return ' at initial connection step of tcp-check';
    }
    const comment = this.#comment();
    const commented = comment === undefined ? '' : ` comment: '${comment}'`;
    return ` at step ${this.#stepNumber} of tcp-check (${describeRule(rule)})${commented}`;
  }
}

function describeRule(rule: CheckRule): string {
  switch (rule.kind) {
    case 'connect':
      return typeof rule.port === 'number' ? `connect port ${rule.port}` : 'connect';
    case 'send':
    case 'http-send':
      return 'send';
    case 'expect':
      return `expect ${describeMatch(rule.match)}`;
    case 'comment':
    case 'set-var':
    case 'unset-var':
      return rule.kind;
  }
}

/** The number in the first characters, where the rule looks there for its code. */
function codeIn(
  { codeDigits }: { readonly codeDigits: number | undefined },
  received: string,
): number | undefined {
  if (codeDigits === undefined) return undefined;
  if (received.length < codeDigits) return 0;
  return Number.parseInt(received.slice(0, codeDigits), 10) || 0;
}
