// The command line: checks, conditions, several files, versions; exit statuses and what goes to standard error.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import { scenario } from '../../harness/scenario.ts';

scenario('-c on a good file: status 0 and a sentence on standard output', {}, async (t) => {
  const result = await t.check(`${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
`);
  assert.equal(result.status, 0);
  assert.match(result.stdout + result.stderr, /Configuration file is valid/);
});

scenario('-c -q says nothing', {}, async (t) => {
  const result = await t.check(
    `${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
`,
    { args: ['-q'] },
  );
  assert.deepEqual([result.status, result.stdout, result.stderr], [0, '', '']);
});

scenario('-c reports every error with file and line, and ends with status 1', {}, async (t) => {
  const result = await t.check(`${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
    nonsense here
    timeout client soon
`);
  assert.equal(result.status, 1);
  assert.match(
    result.stderr,
    /\[ALERT\] +\(\d+\) : config : parsing \[\S+check-1\.cfg:\d+\] : unknown keyword 'nonsense'/,
  );
  assert.match(result.stderr, /check-1\.cfg:\d+\] : unexpected character 's' in 'timeout client'/);
  assert.match(result.stderr, /Error\(s\) found in configuration file/);
});

scenario('a configuration without any listener is status 2', {}, async (t) => {
  const result = await t.check(`${HTTP_DEFAULTS}
backend farm
    server s1 ${t.ip}:1
`);
  assert.equal(result.status, 2);
  assert.match(
    result.stderr + result.stdout,
    /Configuration file has no error but will not start \(no listener\) => exit\(2\)/,
  );
});

scenario('a missing file is status 1', {}, async (t) => {
  const result = await t.run(['-c', '-f', `${t.directory}/missing.cfg`]);
  assert.equal(result.status, 1);
  assert.match(result.stderr, /missing\.cfg/);
});

scenario('missing timeouts are a warning; with -dW it is an error', {}, async (t) => {
  const config = `
listen relay
    mode tcp
    bind ${t.ip}:8080
    server s1 ${t.ip}:1
`;
  const warned = await t.check(config);
  assert.equal(warned.status, 0);
  assert.match(warned.stderr, /\[WARNING\] +\(\d+\) : config : missing timeouts for proxy 'relay'\./);
  const strict = await t.check(config, { args: ['-dW'] });
  assert.equal(strict.status, 1);
});

for (const [condition, status] of [
  ['version_atleast(2.4)', 0],
  ['version_before(2.4)', 1],
  ['defined(HOME) || !defined(HOME)', 0],
  ['streq(a,b)', 1],
  ['streq(a,a) && !strneq(b,b)', 0],
  ['feature(OPENSSL)', 0],
] as const) {
  scenario(`-cc '${condition}' is status ${status}`, {}, async (t) => {
    assert.equal((await t.run(['-cc', condition])).status, status);
  });
}

scenario('-v shows a version and ends with 0', {}, async (t) => {
  const result = await t.run(['-v']);
  assert.equal(result.status, 0);
  assert.match(result.stdout, /2\.6/);
});

scenario('an unknown option shows the usage and ends with 1', {}, async (t) => {
  const result = await t.run(['--no-such-option']);
  assert.equal(result.status, 1);
  assert.match(result.stdout + result.stderr, /Usage/);
});

scenario('a directory of files is read in the order of the names; -- ends the options', {}, async (t) => {
  const server = await t.httpServer('ok');
  const directory = `${t.directory}/conf.d`;
  mkdirSync(directory);
  t.file('conf.d/10-defaults.cfg', HTTP_DEFAULTS);
  t.file('conf.d/20-web.cfg', `listen web\n    bind ${t.ip}:8081\n    server s1 ${server.address}\n`);
  t.file('conf.d/ignored.txt', 'nonsense\n');
  const result = await t.run(['-c', '-f', directory]);
  assert.equal(result.status, 0);
  const listed = await t.run(['-c', '--', `${directory}/10-defaults.cfg`, `${directory}/20-web.cfg`]);
  assert.equal(listed.status, 0);
});

scenario('-C changes the directory before files are read', {}, async (t) => {
  t.file('here.cfg', `${HTTP_DEFAULTS}\nfrontend web\n    bind ${t.ip}:8080\n`);
  const result = await t.run(['-c', '-C', t.directory, '-f', 'here.cfg']);
  assert.equal(result.status, 0);
});

scenario('.if blocks choose lines', {}, async (t) => {
  const server = await t.httpServer('ok');
  await t.start(`${HTTP_DEFAULTS}
.if version_atleast(2.4)
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
.else
nonsense
.endif
`);
  assert.equal((await t.request(8080, get())).text, 'ok');
});
