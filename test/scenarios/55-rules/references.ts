// Names in arguments of samples are looked for once the whole file was read.

import assert from 'node:assert/strict';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import { scenario } from '../../harness/scenario.ts';

scenario('names that nothing has are refused', {}, async (t) => {
  const file = t.file(
    'wrong.cfg',
    `${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
    acl a be_conn(nosuch) gt 1
    acl b srv_is_up(app/nosuch)
    acl c srv_is_up(nosuch)
    acl d srv_is_up(nosuch/one)
    acl e fe_conn(app) gt 1
    acl f be_conn(web) gt 1
    acl g nbsrv gt 1
    acl h http_auth(nosuch)
    http-request deny if a
    http-request set-var(txn.x) be_conn(nosuch)
    http-response set-header x %[be_conn(nosuch)]
    http-request redirect location /%[be_conn(nosuch)]
    use_backend %[be_conn(nosuch)]
    log-format %[be_conn(nosuch)]
    unique-id-format %[fe_conn(nosuch)]
    default_backend app
backend app
    server one 127.0.0.1:1
    http-request set-header x %[srv_weight(nosuch)]
`,
  );
  const { status, stderr } = await t.run(['-c', '-f', file]);
  assert.equal(status, 1);
  const found = [...stderr.matchAll(/(?:unable|proxy 'web', ref).*$/gm)].map(([text]) => text).sort();
  const acl = (word: string): string => `referenced in arg 1 of ACL keyword '${word}' in proxy 'web'`;
  const sample = (word: string, place: string, proxy = 'web'): string =>
    `referenced in arg 1 of sample fetch keyword '${word}' in ${place} in proxy '${proxy}'.`;
  assert.deepEqual(
    found,
    [
      `unable to find backend 'nosuch' ${acl('be_conn')}.`,
      `unable to find server 'nosuch' in proxy 'app', ${acl('srv_is_up')}.`,
      `unable to find server 'nosuch' in proxy 'web', ${acl('srv_is_up')}.`,
      `unable to find proxy 'nosuch' ${acl('srv_is_up')}.`,
      `unable to find frontend 'app' ${acl('fe_conn')}.`,
      `unable to find backend 'web' ${acl('be_conn')}.`,
      `proxy 'web', ${acl('nbsrv')}, has not backend capability.`,
      `unable to find userlist 'nosuch' ${acl('http_auth')}.`,
      `unable to find backend 'nosuch' ${sample('be_conn', 'http-request expression')}`,
      `unable to find backend 'nosuch' ${sample('be_conn', 'http-response response')}`,
      `unable to find backend 'nosuch' ${sample('be_conn', 'redirect format string')}`,
      `unable to find backend 'nosuch' ${sample('be_conn', 'use_backend expression')}`,
      `unable to find backend 'nosuch' ${sample('be_conn', 'log-format string')}`,
      `unable to find frontend 'nosuch' ${sample('fe_conn', 'unique-id-format string')}`,
      `unable to find server 'nosuch' in proxy 'app', ${sample('srv_weight', 'http-request expression', 'app')}`,
    ].sort(),
  );
});
