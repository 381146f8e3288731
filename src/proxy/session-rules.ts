/**
 * What the rules of a client connection act on before it has a stream: `tcp-request connection` and `session`. One object
 * serves all connections of the thread, one evaluation after the other.
 */
import type { Origin } from '../config/words.ts';
import type { LogRecord } from '../expr/log-format/log-record.ts';
import type { Scope } from '../expr/scope.ts';
import type { RuleList } from '../rules/rule-list.ts';
import type { RuleTarget } from '../rules/target.ts';
import { DONE } from '../rules/verdict.ts';
import type { Session } from './session.ts';

class SessionRules implements RuleTarget {
  session!: Session;
  readonly streamTarget = null;
  readonly httpTarget = null;
  readonly exchange = null;
  readonly rawRequest = null;
  readonly rawResponse = null;
  readonly requestHead = null;
  readonly requestFacts = null;
  readonly responseHead = null;
  readonly responseAwaited = false;
  readonly requestBody = null;
  readonly responseBody = null;
  readonly responseStatus = 0;
  readonly isFirstRequest = true;
  readonly usesProxyHeaders = false;
  readonly variables = null;
  readonly requestVariables = null;
  readonly responseVariables = null;
  lastRule: Origin | null = null;

  get now(): number {
    return this.session.plane.loop.now;
  }

  get sessionScope(): Session {
    return this.session;
  }

  get clientTarget(): Session {
    return this.session;
  }

  keptMethod(): null {
    return null;
  }

  logRecord(): LogRecord {
    return this.session.plane.logger.recordOfSession(this.session);
  }
}

const target = new SessionRules();

const logged = new SessionRules();

/** What samples in a log line see of a connection without a stream; until the next call. */
export function scopeOf(session: Session): Scope {
  logged.session = session;
  return logged;
}

/** False when a rule refuses the connection. */
export function admits(rules: RuleList, session: Session): boolean {
  target.session = session;
  target.lastRule = null;
  return rules.run(target) !== DONE;
}
