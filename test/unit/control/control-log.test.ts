/** Lines of the control plane on their way to a log server. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import type { ProxyConfig } from '../../../src/config/model.ts';
import { LOG_NOTICE, LOG_WARNING, SyslogControlLog } from '../../../src/control/control-log.ts';
import { Reports } from '../../../src/control/reports.ts';
import { configurationOf, keptMessages } from './configurations.ts';

test('to the targets of the proxy and, where it says so, the global ones, within their levels and lengths', async () => {
  const server = createSocket('udp4').bind(0, '127.0.0.1');
  await once(server, 'listening');
  const to = `127.0.0.1:${server.address().port}`;
  const received: string[] = [];
  server.on('message', (message) => received.push(message.toString('latin1')));
  const configuration = configurationOf(
    `
frontend a
  log global
  log ${to} len 80 format short local1
backend b
  log ${to} format raw local2 warning
  log-tag mine
backend c
`,
    `log ${to} local0`,
  );
  const facts = {
    pid: 42,
    hostname: 'here',
    startTimeMs: 0,
    maxconn: 1,
    maxPipes: 0,
    poolLowConnections: 0,
    poolHighConnections: 0,
  };
  const log = new SyslogControlLog(configuration.global, facts);
  const [a, b, c] = configuration.proxies as [ProxyConfig, ProxyConfig, ProxyConfig];
  log.send(a, LOG_WARNING, 'x'.repeat(100));
  log.send(b, LOG_NOTICE, 'below the level');
  log.send(b, LOG_WARNING, 'raw');
  log.send(c, LOG_WARNING, 'nowhere');
  const { messages } = keptMessages();
  new Reports(messages, log).bug('one\n  two');
  while (received.length < 4) await once(server, 'message');
  server.close();
  assert.match(received[0] ?? '', /^<132>\w{3} [ \d]\d \d\d:\d\d:\d\d haproxy\[42\]: x{100}\n$/);
  assert.equal(received[1], `<4>${'x'.repeat(77)}\n`);
  assert.equal(received[2], 'raw\n');
  assert.match(received[3] ?? '', /^<129>.* haproxy\[42\]: one \| two\n$/);
});
