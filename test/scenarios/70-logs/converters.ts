// Converters in log formats: those that look at backends and servers, which only a running proxy has.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import { answer } from '../../harness/http-server.ts';
import { scenario } from '../../harness/scenario.ts';

scenario('nbsrv and srv_queue look up what their input names', {}, async (t) => {
  const server = await t.httpServer(() => answer(200, 'hello'));
  const receiver = await t.syslog();
  await t.start(`
${HTTP_DEFAULTS}
    log ${receiver.address} local0
backend farm
    server s1 ${server.address}
    server s2 ${server.address}
    server s3 ${server.address} disabled
    server s4 ${server.address} backup
backend spare
    server s1 ${server.address} backup
    server s2 ${server.address} backup
backend all
    option allbackups
    server s1 ${server.address} backup
    server s2 ${server.address} backup
frontend web
    bind ${t.ip}:8080
    log-format "farm=%[str(farm),nbsrv] spare=%[str(spare),nbsrv] all=%[str(all),nbsrv] none=%[str(none),nbsrv] web=%[str(web),nbsrv] q=%[str(farm/s1),srv_queue] other=%[str(farm/x),srv_queue] v=%[str(a),set-var(txn.x),concat(-,txn.x,)]"
    default_backend farm
`);
  await t.request(8080, get('/'));
  const line = await receiver.line('farm=');
  assert.equal(
    line.slice(line.indexOf('farm=')).trimEnd(),
    'farm=2 spare=1 all=2 none=- web=- q=0 other=- v=a-a',
  );
});
