/**
 * The sequence of rules that a backend's checks go through, whatever way it was written.
 * Specification: configuration manual 4.2 `option httpchk`, `option tcp-check`, `http-check`, `tcp-check`.
 */
import type { ProxyConfig } from '../../config/model.ts';
import { type BackendCheck, backendCheck } from './check-config.ts';
import {
  type CheckRule,
  type CheckSequence,
  DEFAULT_CONNECT,
  emptyRequest,
  expecting,
  type HttpSendRule,
} from './check-rules.ts';
import { ldapRules } from './ldap-check.ts';
import { mysqlRules } from './mysql-check.ts';
import { pgsqlRules, redisRules, smtpRules, sslHelloRules } from './protocol-checks.ts';
import { spopRules } from './spop-check.ts';

const PLAIN: CheckSequence = {
  dialect: 'plain',
  rules: [DEFAULT_CONNECT],
  implicitConnect: true,
  disableOn404: false,
};

export function checkSequence(proxy: ProxyConfig): CheckSequence {
  const config = backendCheck.read(proxy);
  if (config === undefined) return PLAIN;
  const { check } = config;
  switch (check.kind) {
    case 'plain':
    case 'external':
      return PLAIN;
    case 'tcp':
      return withConnect('tcp', config.tcp.rules);
    case 'http':
      return { ...withConnect('http', httpRules(config)), disableOn404: config.disableOn404 };
    case 'ssl-hello':
      return withConnect('protocol', sslHelloRules());
    case 'ldap':
      return withConnect('protocol', ldapRules());
    case 'redis':
      return withConnect('protocol', redisRules());
    case 'spop':
      return withConnect('protocol', spopRules());
    case 'smtp':
      return withConnect('protocol', smtpRules(check.command, check.domain));
    case 'mysql':
      return withConnect('protocol', mysqlRules(check.user, check.is41));
    case 'pgsql':
      return withConnect('protocol', pgsqlRules(check.user));
  }
}

/** A rule that does something; comments and variables are only on the way. */
export function isStep(rule: CheckRule): boolean {
  return rule.kind !== 'comment' && rule.kind !== 'set-var' && rule.kind !== 'unset-var';
}

function withConnect(dialect: CheckSequence['dialect'], rules: readonly CheckRule[]): CheckSequence {
  const implicitConnect = rules.find(isStep)?.kind !== 'connect';
  return {
    dialect,
    rules: implicitConnect ? [DEFAULT_CONNECT, ...rules] : rules,
    implicitConnect,
    disableOn404: false,
  };
}

const EXPECT_GOOD_STATUS = expecting({ type: 'status', ranges: [{ from: 200, to: 399 }] });

/** Each connection gets a request and an expectation, where the rules leave them out. */
function httpRules({ http, request }: BackendCheck): CheckRule[] {
  const first: HttpSendRule = { kind: 'http-send', request: request ?? emptyRequest(), comment: undefined };
  const rules: CheckRule[] = [];
  let sent = false;
  let expected = false;
  const close = (): void => {
    if (!sent) insertSend(rules, first);
    if (!expected) rules.push(EXPECT_GOOD_STATUS);
  };
  for (const rule of http.rules) {
    if (rule.kind === 'connect' && rules.some(({ kind }) => kind === 'connect' || kind === 'http-send')) {
      close();
      sent = false;
      expected = false;
    }
    if (rule.kind === 'http-send') sent = true;
    if (rule.kind === 'expect' && !sent) {
      insertSend(rules, first);
      sent = true;
    }
    if (rule.kind === 'expect') expected = true;
    rules.push(rule);
  }
  close();
  return rules;
}

/** Behind the connection; a comment that stands last belongs to what follows it. */
function insertSend(rules: CheckRule[], send: HttpSendRule): void {
  const last = rules[rules.length - 1];
  rules.splice(last?.kind === 'comment' ? rules.length - 1 : rules.length, 0, send);
}
