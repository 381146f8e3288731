// `observe`: errors in a row, seen in the traffic, are taken for a failed check, or for more than that.

import assert from 'node:assert/strict';
import { HTTP_DEFAULTS, TCP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { ask } from '../../harness/farm.ts';
import { answer, type HttpHandler, type HttpServer } from '../../harness/http-server.ts';
import { parseRfc3164 } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';
import { logTo } from '../../harness/switched-health.ts';
import type { UdpLogReceiver } from '../../harness/syslog.ts';
import { poll } from '../../harness/waiting.ts';

const DOWN_COUNTS =
  '0 active and 0 backup servers left. 1 sessions active, 0 requeued, 0 remaining in queue.';
/** Of a stream that had left its server when the error was noticed. */
const LEFT_COUNTS = DOWN_COUNTS.replace('1 sessions', '0 sessions');

interface Observed {
  readonly server: HttpServer;
  readonly log: UdpLogReceiver;
}

/** One server whose own check passes whatever the traffic shows, and does not come twice. */
async function observed(
  t: ScenarioContext,
  handler: HttpHandler,
  options: string,
  proxyLines = '',
): Promise<Observed> {
  const server = await t.httpServer(handler);
  const health = await t.tcpServer({ name: 'health', host: t.address() });
  const log = await t.syslog();
  await t.start(`${logTo(log.address)}${HTTP_DEFAULTS}
    log global
    retries 0
listen web
    bind ${t.ip}:8080
    ${proxyLines}
    server a ${server.address} check addr ${health.host} port ${health.port} inter 1h ${options}
`);
  return { server, log };
}

async function lineAfter(
  t: ScenarioContext,
  log: UdpLogReceiver,
  requests: number,
  pattern: RegExp,
): Promise<string> {
  await ask(t, 8080, requests);
  return parseRfc3164(await log.line(pattern)).message;
}

function analyzed(errors: number, last: string): string {
  return `reason: Health analyze, info: "Detected ${errors} consecutive errors, last one was: ${last}"`;
}

const CASES: readonly {
  readonly what: string;
  readonly handler: HttpHandler;
  readonly said: string;
  readonly counts: string;
  readonly proxyLines?: string;
}[] = [
  { what: 'a 500', handler: () => answer(500), said: 'Wrong http response', counts: DOWN_COUNTS },
  { what: 'a 599', handler: () => answer(599), said: 'Wrong http response', counts: DOWN_COUNTS },
  {
    what: 'nonsense',
    handler: () => ({ raw: 'nonsense\r\n\r\n', afterwards: 'close' }),
    said: 'Invalid http response (headers)',
    counts: DOWN_COUNTS,
  },
  {
    what: 'a close without a response',
    handler: () => ({ raw: '', afterwards: 'close' }),
    said: 'Close from server (http)',
    counts: LEFT_COUNTS,
  },
  {
    what: 'a reset instead of a response',
    handler: () => ({ raw: '', afterwards: 'reset' }),
    said: 'Read error (http)',
    counts: LEFT_COUNTS,
  },
  {
    what: 'no response in time',
    handler: () => undefined,
    said: 'Read timeout (http)',
    counts: LEFT_COUNTS,
    proxyLines: 'timeout server 100ms',
  },
];

for (const { what, handler, said, counts, proxyLines } of CASES) {
  scenario(`observe layer7, on-error mark-down: ${what} takes the server down`, {}, async (t) => {
    const { log } = await observed(t, handler, 'observe layer7 error-limit 1 on-error mark-down', proxyLines);
    assert.equal(
      await lineAfter(t, log, 1, /is DOWN/),
      `Server web/a is DOWN, ${analyzed(1, said)}. ${counts}`,
    );
    assert.match(await log.line(/no server/), /proxy web has no server available!/);
    assert.deepEqual(await ask(t, 8080, 1), ['503']);
  });
}

scenario('only errors in a row count: a good response in between starts over', {}, async (t) => {
  const statuses = [500, 200, 500, 404, 501, 505, 500, 500];
  const { log } = await observed(
    t,
    ({ target }) => answer(Number(target.slice(1))),
    'observe layer7 error-limit 2 on-error mark-down',
  );
  for (const status of statuses) {
    assert.equal(
      log.lines.some((line) => line.includes('DOWN')),
      false,
    );
    const response = await t.request(8080, `GET /${status} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    assert.equal(response.status, status);
  }
  await log.line(/is DOWN, reason: Health analyze, info: "Detected 2 consecutive errors/);
});

scenario('fail-check, the default, counts as one failed check', {}, async (t) => {
  const { log } = await observed(
    t,
    () => answer(500),
    'observe layer7 error-limit 2 fall 2 rise 1',
    'option log-health-checks',
  );
  await log.line(/Health check for server web\/a succeeded/);
  assert.equal(
    await lineAfter(t, log, 2, /Health check.*failed/),
    `Health check for server web/a failed, ${analyzed(2, 'Wrong http response')}, status: 1/2 UP.`,
  );
  assert.equal(
    await lineAfter(t, log, 2, /Health check.*failed/),
    `Health check for server web/a failed, ${analyzed(2, 'Wrong http response')}, status: 0/1 DOWN.`,
  );
  assert.equal(parseRfc3164(await log.line(/is DOWN/)).message, `Server web/a is DOWN. ${DOWN_COUNTS}`);
});

scenario('sudden-death leaves the server one failure short of going down', {}, async (t) => {
  const { log } = await observed(
    t,
    () => answer(500),
    'observe layer7 error-limit 1 on-error sudden-death fall 5',
    'option log-health-checks',
  );
  await log.line(/Health check for server web\/a succeeded/);
  assert.match(await lineAfter(t, log, 1, /Health check.*failed/), /status: 1\/5 UP\.$/);
  assert.match(await lineAfter(t, log, 1, /Health check.*failed/), /status: 0\/2 DOWN\.$/);
});

scenario('on-error fastinter only brings the next check forward', {}, async (t) => {
  const server = await t.httpServer(({ method }) => answer(method === 'OPTIONS' ? 200 : 500));
  const log = await t.syslog();
  await t.start(`${logTo(log.address)}${HTTP_DEFAULTS}
    log global
listen web
    bind ${t.ip}:8080
    option httpchk
    server a ${server.address} check inter 1h fastinter 50ms observe layer7 error-limit 2 on-error fastinter
`);
  const checks = (): number => server.requests.filter(({ method }) => method === 'OPTIONS').length;
  await poll(() => (checks() === 1 ? true : undefined), 'the first check');
  await ask(t, 8080, 2);
  await poll(() => (checks() === 2 ? true : undefined), 'the next check');
  assert.equal(
    log.lines.some((line) => line.includes('DOWN')),
    false,
  );
});

scenario('observe layer4 looks at connections alone', {}, async (t) => {
  const { log, server } = await observed(
    t,
    () => answer(500),
    'observe layer4 error-limit 1 on-error mark-down',
  );
  assert.deepEqual(await ask(t, 8080, 3), ['500', '500', '500']);
  assert.equal(
    log.lines.some((line) => line.includes('DOWN')),
    false,
  );
  await server.stop();
  assert.equal(
    await lineAfter(t, log, 1, /is DOWN/),
    `Server web/a is DOWN, ${analyzed(1, 'L4 unsuccessful connection')}. ${DOWN_COUNTS}`,
  );
});

scenario('observe layer4 in TCP mode: every failed attempt counts', {}, async (t) => {
  const health = await t.tcpServer({ name: 'health', host: t.address() });
  const log = await t.syslog();
  await t.start(`${logTo(log.address)}${TCP_DEFAULTS}
    log global
    retries 2
    timeout connect 100ms
listen relay
    bind ${t.ip}:8080
    server a ${await t.refusingAddress()} check addr ${health.host} port ${health.port} inter 1h observe layer4 error-limit 3 on-error mark-down
`);
  const client = await t.connect(8080);
  await client.readToEnd();
  assert.equal(
    parseRfc3164(await log.line(/is DOWN/)).message,
    `Server relay/a is DOWN, ${analyzed(3, 'L4 unsuccessful connection')}. ${DOWN_COUNTS}`,
  );
});
