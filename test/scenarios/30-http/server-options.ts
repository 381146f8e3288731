// What options of a server line do to single requests.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import { parseHttpLog, parseRfc3164 } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';

scenario('server redir sends GET to the server by a 302 and forwards the rest', {}, async (t) => {
  const server = await t.httpServer('ok');
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httplog
listen web
    bind ${t.ip}:8080
    server s1 ${server.address} redir http://static.example.test/pre
`);
  const redirected = await t.request(8080, get('/a?b'));
  assert.equal(
    redirected.rawHead,
    'HTTP/1.1 302 Found\r\ncache-control: no-cache\r\ncontent-length: 0\r\nlocation: http://static.example.test/pre/a?b\r\nconnection: close\r\n\r\n',
  );
  const line = parseHttpLog(parseRfc3164(await log.line(/GET \/a/)).message);
  assert.deepEqual([line.flags, line.status, line.server, server.connectionCount], ['LC--', 302, 's1', 0]);
  const posted = await t.request(8080, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nz');
  assert.equal(posted.text, 'ok');
});
