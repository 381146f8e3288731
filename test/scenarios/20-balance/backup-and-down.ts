// Backup servers, disabled servers, and what a client gets when no server is left.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS, TCP_DEFAULTS } from '../../harness/config-text.ts';
import { ask, farm } from '../../harness/farm.ts';
import { parseHttpLog, parseRfc3164, parseTcpLog } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';

scenario('backup servers get nothing while an active server is there', {}, async (t) => {
  const { lines } = await farm(t, ['a', 'b', 'x']);
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
${lines({ x: 'backup' })}
`);
  assert.equal((await ask(t, 8080, 4)).join(''), 'abab');
});

scenario('without active servers only the first backup is used', {}, async (t) => {
  const { lines } = await farm(t, ['a', 'x', 'y']);
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
${lines({ a: 'disabled', x: 'backup', y: 'backup' })}
`);
  assert.equal((await ask(t, 8080, 4)).join(''), 'xxxx');
});

scenario('option allbackups spreads over all backups', {}, async (t) => {
  const { lines } = await farm(t, ['a', 'x', 'y']);
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    option allbackups
${lines({ a: 'disabled', x: 'backup', y: 'backup' })}
`);
  assert.equal((await ask(t, 8080, 4)).join(''), 'xyxy');
});

scenario('HTTP without any server: 503 at once, SC--, <NOSRV>', {}, async (t) => {
  const { lines } = await farm(t, ['a']);
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httplog
listen web
    bind ${t.ip}:8080
${lines({ a: 'disabled' })}
`);
  const response = await t.request(8080, get('/x'));
  assert.equal(response.status, 503);
  const line = parseHttpLog(parseRfc3164(await log.line(/GET/)).message);
  assert.equal(line.flags, 'SC--');
  assert.equal(line.server, '<NOSRV>');
  assert.equal(line.status, 503);
  assert.deepEqual(
    { tw: line.timers.tw, tc: line.timers.tc, tr: line.timers.tr },
    { tw: -1, tc: -1, tr: -1 },
  );
});

scenario('TCP without any server: closed at once, SC', {}, async (t) => {
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${TCP_DEFAULTS}
    log global
    option tcplog
listen relay
    bind ${t.ip}:8080
`);
  const client = await t.connect(8080);
  await client.ended();
  const line = parseTcpLog(parseRfc3164(await log.line(/ relay /)).message);
  assert.equal(line.flags, 'SC');
  assert.equal(line.server, '<NOSRV>');
  assert.deepEqual({ tw: line.timers.tw, tc: line.timers.tc }, { tw: -1, tc: -1 });
});

scenario('a frontend without backend answers 503', {}, async (t) => {
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httplog
frontend web
    bind ${t.ip}:8080
`);
  assert.equal((await t.request(8080, get())).status, 503);
  const line = parseHttpLog(parseRfc3164(await log.line(/GET/)).message);
  assert.equal(line.backend, 'web');
  assert.equal(line.server, '<NOSRV>');
  assert.equal(line.flags, 'SC--');
});
