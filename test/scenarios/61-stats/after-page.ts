// What the statistics page leaves behind for the next request: nothing.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import { parseHttpLog, parseRfc3164 } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';

scenario(
  'a request after the statistics page is logged without the page as its server',
  { nbthread: 1 },
  async (t) => {
    const log = await t.syslog();
    await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httplog
listen web
    bind ${t.ip}:8080
    stats uri /page
`);
    const client = await t.connect(8080);
    assert.equal((await exchange(client, get('/page;csv'))).status, 200);
    assert.equal(parseHttpLog(parseRfc3164(await log.line(/GET \/page/)).message).server, '<STATS>');
    const refused = await exchange(client, get('/nowhere'));
    assert.equal(refused.status, 503);
    assert.match(refused.text, /^<html><body><h1>503 [\s\S]*<\/html>\n$/);
    assert.equal(parseHttpLog(parseRfc3164(await log.line(/GET \/nowhere/)).message).server, '<NOSRV>');
  },
);
