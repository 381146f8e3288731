/** The parts of health checks that need no oracle: schedule, states in shared memory, keywords, HTTP verdicts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadConfiguration } from '../../../src/config/load.ts';
import { createSharedState } from '../../../src/control/initial-state.ts';
import { checkPlan } from '../../../src/features/checks/check-plan.ts';
import { expecting } from '../../../src/features/checks/check-rules.ts';
import { firstDelaysMs, spreadIntervalMs } from '../../../src/features/checks/check-schedule.ts';
import { judgeHttp } from '../../../src/features/checks/http-match.ts';
import { ldapRules } from '../../../src/features/checks/ldap-check.ts';
import { mysqlRules } from '../../../src/features/checks/mysql-check.ts';
import { ServerStates } from '../../../src/features/checks/server-state.ts';
import { spopRules } from '../../../src/features/checks/spop-check.ts';
import { startChecks } from '../../../src/features/checks/start-checks.ts';
import { judgeStream } from '../../../src/features/checks/stream-match.ts';
import {
  BE_ACTIVE_SERVERS,
  BE_BACKUP_SERVERS,
  BE_GENERATION,
  SERVER_CHECKED,
  SERVER_UP,
  SRV_HEALTH,
  SRV_STATE,
} from '../../../src/state/shared-state.ts';
import { storeOf } from '../expr/patterns/local-lists.ts';

function load(lines: string, before = '') {
  const text = `defaults
  timeout connect 1s
  timeout client 1s
  timeout server 1s
${before}backend b
${lines}
`;
  const { configuration, diagnostics } = loadConfiguration([{ name: 'test.cfg', text }]);
  return {
    configuration,
    alerts: diagnostics.list.filter((d) => d.severity === 'alert').map((d) => d.message),
    warnings: diagnostics.list.filter((d) => d.severity === 'warning').map((d) => d.message),
  };
}

test('first checks stand in a row over the shortest long interval', () => {
  assert.deepEqual(firstDelaysMs([500, 500, 500, 500], undefined), [0, 125, 250, 375]);
  assert.deepEqual(firstDelaysMs([2000, 300, 4000, 2000], undefined), [0, 500, 2000, 1500]);
  assert.deepEqual(firstDelaysMs([2000, 2000], 100), [0, 50]);
  assert.deepEqual(firstDelaysMs([], undefined), []);
});

test('spread-checks lets intervals vary by so many percent at most', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 50 }), fc.double({ min: 0, max: 1, noNaN: true }), (percent, x) => {
      const interval = spreadIntervalMs(1000, percent, x);
      assert.ok(interval >= 1000 - 10 * percent && interval <= 1000 + 10 * percent);
    }),
  );
  assert.equal(spreadIntervalMs(1000, 0, 0.9), 1000);
});

test('changes of server states keep the counts of the backend, behind proxies with servers of other kinds', () => {
  // The target of `dispatch` has words among those of the servers.
  const dispatching = 'listen first\n  bind 127.0.0.1:8000\n  dispatch 127.0.0.1:9\n';
  const lines = `
  server a 127.0.0.1:1 check rise 3 weight 7 maxconn 9
  server b 127.0.0.1:2 disabled
  server c 127.0.0.1:3 backup
  server d 127.0.0.1:4 weight 0`;
  const { configuration, alerts } = load(lines, dispatching);
  const [a, b, c] = [1, 2, 3] as const;
  assert.deepEqual(alerts, []);
  const shared = createSharedState(configuration, 1, 0, Date.now());
  const word = (server: number, at: number): number | undefined =>
    shared.words[shared.serverWords(server) + at];
  const proxy = (at: number): number | undefined => shared.words[shared.proxyWords(1) + at];
  assert.equal(word(a, SRV_STATE), SERVER_UP | SERVER_CHECKED);
  // One failure short of going down, until a check has passed.
  const services = { notify: () => undefined, log: () => undefined, serversChanged: () => undefined };
  startChecks(configuration, shared, storeOf([]), services).stop();
  assert.equal(word(a, SRV_HEALTH), 3);
  assert.deepEqual([proxy(BE_ACTIVE_SERVERS), proxy(BE_BACKUP_SERVERS)], [1, 1]);

  let told = 0;
  const said: string[] = [];
  const states = new ServerStates(configuration, shared, {
    notify: (severity, message) => said.push(`${severity} ${message}`),
    log: () => undefined,
    serversChanged: () => told++,
  });
  const generation = proxy(BE_GENERATION) ?? 0;
  states.setDown(a, '');
  assert.deepEqual([proxy(BE_ACTIVE_SERVERS), proxy(BE_BACKUP_SERVERS), told], [0, 1, 1]);
  assert.equal(proxy(BE_GENERATION), generation + 1);
  states.setDown(a, '');
  assert.equal(told, 1, 'nothing changed');
  states.setStopping(c, '');
  assert.equal(said.at(-1), "alert backend 'b' has no server available!");
  states.setAdministrative(b, 'ready');
  assert.deepEqual([proxy(BE_ACTIVE_SERVERS), proxy(BE_BACKUP_SERVERS)], [1, 0]);
});

test('checks connect where the server is, or to their own address and port', () => {
  const { configuration } = load(`
  source 127.0.0.9
  timeout check 200ms
  server a 127.0.0.1:1 check send-proxy
  server b 127.0.0.1:1 check send-proxy port 2
  server c 127.0.0.1:1 check send-proxy-v2 addr 127.0.0.5 check-send-proxy inter 100ms
  server d 127.0.0.1:+9 check addr 127.0.0.6:77 fastinter 5s`);
  const [proxy] = configuration.proxies;
  assert.ok(proxy);
  const [a, b, c, d] = proxy.servers.map((server) => checkPlan(proxy, server, 16384));
  assert.deepEqual(
    [a, b, c, d].map((plan) => plan?.target),
    [
      { family: 'inet', host: '127.0.0.1', port: 1 },
      { family: 'inet', host: '127.0.0.1', port: 2 },
      { family: 'inet', host: '127.0.0.5', port: 1 },
      { family: 'inet', host: '127.0.0.6', port: 77 },
    ],
  );
  assert.deepEqual(
    [a, b, c, d].map((plan) => plan?.proxyHeader?.version),
    [1, undefined, 2, undefined],
  );
  assert.deepEqual(a?.source, { family: 'inet', host: '127.0.0.9', port: 0 });
  assert.deepEqual([a?.interMs, a?.fastInterMs, d?.fastInterMs, d?.downInterMs], [2000, 2000, 5000, 2000]);
  assert.deepEqual([a?.connectTimeoutMs, a?.readTimeoutMs, c?.connectTimeoutMs], [1000, 200, 100]);
});

test('mistakes in check options are refused in the words of HAProxy', () => {
  const server = "[test.cfg:7] : 'server b/s' :";
  const cases: readonly (readonly [string, string])[] = [
    ['inter', `${server} 'inter' expects a delay as argument..`],
    ['inter 5x', `${server} unexpected character 'x' in 'agent-inter' argument of server s..`],
    ['fastinter 0', `${server} invalid value 0 for argument 'fastinter' of server s..`],
    ['rise 0', `${server} 'rise' has to be > 0..`],
    ['fall', `${server} 'fall' expects an integer argument..`],
    ['addr', `${server} 'addr' expects <ipv4|ipv6> as argument..`],
    ['addr no.such.name', `${server} 'addr' : invalid address: 'no.such.name' in 'no.such.name'.`],
    ['port', `${server} 'port' expects a port number as argument..`],
  ];
  for (const [option, message] of cases) {
    assert.equal(load(`\n  server s 127.0.0.1:1 check ${option}`).alerts[0], message, option);
  }
  assert.deepEqual(load('  server s 127.0.0.1 check').alerts.slice(0, 1), [
    "config: backend 'b': server 's' has neither service port nor check port.",
  ]);
});

test('mistakes in http-check rules are refused in the words of HAProxy', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['option httpchk a b c d', "'option httpchk' cannot handle unexpected argument 'd'."],
    ['option tcp-check x', "'option tcp-check' cannot handle unexpected argument 'x'."],
    ['http-check disable-on-404 x', "'http-check' cannot handle unexpected argument 'x'."],
    [
      'http-check foo',
      "'http-check' only supports 'disable-on-404', 'send-state', 'comment', 'connect', 'send', 'expect', 'set-var-fmt(*)', 'set-var(*)', 'unset-var(*)'. but got 'foo'",
    ],
    ['http-check expect', "'http-check expect' : expects at least a matching pattern as arguments."],
    ['http-check expect status', "'http-check expect' : 'status' expects a <pattern> as argument."],
    [
      'http-check expect status abc',
      "'http-check expect' : invalid character 'a' in the list of status codes.",
    ],
    ['http-check expect status 2-', "'http-check expect' : invalid range of status codes '2-'."],
    [
      'http-check expect string a b',
      "'http-check expect' : 'only supports min-recv, [!]string', '[!]rstring', '[!]string-lf', '[!]status', '[!]rstatus', [!]hdr, [!]fhdr or comment but got 'b' as argument..",
    ],
    [
      'http-check send foo',
      "'http-check send' : expects 'comment', 'meth', 'uri', 'uri-lf', 'ver', 'hdr', 'body' or 'body-lf' but got 'foo' as argument..",
    ],
    ['http-check send meth', "'http-check send' : 'meth' expects a string as argument.."],
    ['http-check send hdr a', "'http-check send' : 'hdr' expects <name> and <value> as arguments."],
  ];
  for (const [line, message] of cases) {
    const [alert] = load(`  ${line}\n  server s 127.0.0.1:1 check`).alerts;
    assert.equal(alert, `parsing [test.cfg:6] : ${message}`, line);
  }
  assert.deepEqual(load('  http-check expect status 200').warnings, [
    "backend 'b' uses http-check rules without 'option httpchk', so the rules are ignored.",
  ]);
});

const circumstances = { stopsOn404: false, comment: undefined, hasBody: true };

test('a response is judged the same however it is cut, and never early', () => {
  const responses = [
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nworld',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwor\r\n2\r\nld\r\n0\r\n\r\n',
    'HTTP/1.0 200 OK\r\n\r\nhello world',
  ];
  const rule = expecting({ type: 'string', text: 'world' });
  for (const response of responses) {
    for (let cut = 0; cut < response.length; cut++) {
      const early = judgeHttp(rule, response.slice(0, cut), false, circumstances);
      assert.ok(early === 'more' || early.passed, `${cut}: ${JSON.stringify(early)}`);
    }
    const whole = judgeHttp(rule, response, true, circumstances);
    assert.ok(whole !== 'more' && whole.passed);
  }
});

test('any bytes get a verdict once the connection has ended', () => {
  const rule = expecting({ type: 'status', ranges: [{ from: 200, to: 399 }] });
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const nonsense = judgeHttp(rule, text, true, circumstances);
      assert.ok(nonsense !== 'more' && nonsense.status === 'L7RSP');
      assert.notEqual(judgeHttp(rule, `HTTP/1.1 200 OK\r\n${text}`, true, circumstances), 'more');
    }),
  );
});

test('any bytes get a verdict from each protocol once the connection has ended', () => {
  const protocols = [ldapRules(), mysqlRules(undefined, true), mysqlRules('u', true), spopRules()];
  const starts = ['', '\x30\x0c\x02\x01\x01\x61', '\x05\x00\x00\x00\x0a', '\x00\x00\x00\x20\x65'];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const text = Buffer.from(bytes).toString('latin1');
      for (const rules of protocols) {
        for (const rule of rules) {
          if (rule.kind !== 'expect') continue;
          for (const start of starts) {
            assert.notEqual(judgeStream(rule, start + text, true, 1, undefined), 'more');
          }
        }
      }
    }),
  );
});
