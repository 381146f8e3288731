/** Files to the typed configuration: inheritance, negation, numbers, files and directories, variables. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { balanceSyntaxes } from '../../../src/config/balance-syntax.ts';
import { readConfigurationFiles } from '../../../src/config/config-files.ts';
import { loadConfiguration } from '../../../src/config/load.ts';
import type { ProxyConfig } from '../../../src/config/model.ts';
import { load } from './haproxy-verdict.ts';

function proxy(text: string, name: string): ProxyConfig {
  const loaded = load(text);
  assert.deepEqual(
    loaded.diagnostics.list.filter((d) => d.severity === 'alert').map((d) => d.message),
    [],
  );
  const found = loaded.configuration.proxies.find((p) => p.name === name);
  assert.ok(found);
  return found;
}

test('a proxy starts with what its defaults section says, and may take it back', () => {
  const text = `
defaults base
  mode http
  timeout client 3s
  option httpclose
  option tcp-smart-accept
  option redispatch 2
  option forwardfor except 127.0.0.0/8 header X-Client if-none
  balance leastconn
  maxconn 7
  fullconn 9
  default-server inter 5s weight 20
defaults more from base
  timeout server 4s
backend b from more
  no option tcp-smart-accept
  no option redispatch
  no option httpclose
  server s 127.0.0.1:80 weight 30
frontend f from base
  bind :80
  default option tcp-smart-accept
`;
  const b = proxy(text, 'b');
  assert.equal(b.mode, 'http');
  assert.equal(b.timeouts.client, 3000);
  assert.equal(b.timeouts.server, 4000);
  assert.equal(b.httpConnectionMode, undefined);
  assert.equal(b.redispatch, undefined);
  assert.equal(b.balance?.algorithm, 'leastconn');
  assert.equal(b.fullconn, 9);
  assert.equal(b.maxconn, undefined);
  assert.equal(b.servers[0]?.check.interMs, 5000);
  assert.equal(b.servers[0]?.weight, 30);
  const f = proxy(text, 'f');
  assert.equal(f.httpConnectionMode, 'close');
  assert.equal(f.options.has('tcp-smart-accept'), false);
  assert.equal(f.maxconn, 7);
  assert.equal(f.fullconn, undefined);
  assert.deepEqual(f.forwardFor, {
    header: 'X-Client',
    except: { address: '127.0.0.0', prefix: 8 },
    ifNone: true,
  });
});

test('numbers are given as show stat shows them', () => {
  const text = (socket: string) => `
global
  ${socket}
frontend f1
  bind :8001
  bind :8002-8003
  bind :8004 id 2
  bind :8005
listen l2
  bind :8006
  server a 127.0.0.1:1
  server b 127.0.0.1:1 id 3
  server c 127.0.0.1:1
  server d 127.0.0.1:1
backend b3
  id 1
  server a 127.0.0.1:1 id 10
  server b 127.0.0.1:1
backend b4
  disabled
backend b5
`;
  const plain = load(text('').replace('  id 1\n', '')).configuration.proxies;
  const withSocket = load(text('stats socket /run/s.sock')).configuration.proxies;
  assert.deepEqual(
    withSocket.map((p) => p.id),
    [2, 3, 1, 5, 6],
  );
  assert.deepEqual(
    plain.map((p) => p.id),
    [1, 2, 3, 4, 5],
  );
  const [f1, l2, b3] = withSocket;
  assert.deepEqual(
    f1?.binds.map((b) => b.listenerIds),
    [[1], [3, 4], [2], [6]],
  );
  assert.deepEqual(
    l2?.servers.map((s) => s.id),
    [1, 3, 4, 5],
  );
  assert.deepEqual(
    b3?.servers.map((s) => s.id),
    [10, 2],
  );
});

test('setenv acts on the lines behind it', () => {
  const loaded = load(`
global
  setenv NAME one
  presetenv NAME two
  presetenv OTHER three
backend "$NAME-$OTHER"
global
  unsetenv NAME
.if defined(NAME)
.alert "still there"
.endif
`);
  assert.equal(loaded.configuration.proxies[0]?.name, 'one-three');
  assert.equal(loaded.environment['NAME'], undefined);
  assert.equal(loaded.environment['OTHER'], 'three');
  assert.equal(loaded.environment['HAPROXY_CFGFILES'], 'test.cfg');
  assert.equal(loaded.exitStatus, 2);
});

test('a directory is its *.cfg files by name, a missing file is said at once', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-config-'));
  try {
    for (const name of ['b.cfg', 'a.cfg', '.hidden.cfg', 'c.conf'])
      writeFileSync(join(directory, name), `# ${name}\n`);
    mkdirSync(join(directory, 'd.cfg'));
    const files = readConfigurationFiles([directory, join(directory, 'c.conf')]);
    assert.ok(files.ok);
    assert.deepEqual(
      files.sources.map((s) => s.name),
      ['a.cfg', 'b.cfg', 'c.conf'].map((name) => join(directory, name)),
    );
    const missing = readConfigurationFiles([directory, 'no-such-file']);
    assert.deepEqual(missing, {
      ok: false,
      message: 'Cannot open configuration file/directory no-such-file : No such file or directory',
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('each file ends its last section and names itself in errors', () => {
  const loaded = loadConfiguration([
    { name: 'one.cfg', text: 'global\n  nod x\n' },
    { name: 'two.cfg', text: 'node y\n' },
    { name: 'three.cfg', text: 'global\n  node z' },
  ]);
  assert.deepEqual(
    loaded.diagnostics.list.map((d) => d.message),
    [
      "parsing [one.cfg:2] : unknown keyword 'nod' in 'global' section; did you mean 'node' maybe ?",
      'Error(s) found in configuration file : one.cfg',
      "parsing [two.cfg:1]: unknown keyword 'node' out of section.",
      'Error(s) found in configuration file : two.cfg',
      'parsing [three.cfg:2]: Missing LF on last line, file might have been truncated at position 9.',
      'Error(s) found in configuration file : three.cfg',
      'Fatal errors found in configuration.',
    ],
  );
  assert.equal(loaded.configuration.global.node, 'z');
});

test('a NUL and a byte order mark are refused', () => {
  assert.match(
    load('global\n  node\0x\n').diagnostics.list[0]!.message,
    /Stray NUL character at position 7\.$/,
  );
  assert.match(
    load('\xef\xbb\xbfglobal\n').diagnostics.list[0]!.message,
    /unknown keyword '\xef\xbb\xbfglobal'/,
  );
});

test('warnings are refused where the configuration says so', () => {
  const text = 'frontend f\n  bind :80\n';
  assert.equal(load(text).exitStatus, 0);
  assert.equal(load(`global\n  zero-warning\n${text}`).exitStatus, 1);
});

test('log lines carry a host name only where one is asked for', () => {
  const lines = 'log 127.0.0.1 local0\n log 127.0.0.1 format raw local0\n';
  const formats = (text: string) => load(text).configuration.global.logTargets.map((t) => t.format);
  assert.deepEqual(formats(`global\n ${lines}`), ['local', 'raw']);
  assert.deepEqual(formats(`global\n ${lines} log-send-hostname\n`), ['rfc3164', 'raw']);
});

test('the typed configuration is plain data', () => {
  const { configuration } = load(
    'listen l\n  bind :80\n  log 127.0.0.1 local0\n  server s 127.0.0.1:80 send-proxy\n',
  );
  assert.deepEqual(structuredClone(configuration), configuration);
});

test('every balance algorithm of the language is described', () => {
  assert.deepEqual([...balanceSyntaxes().keys()].sort(), [
    'first',
    'hash',
    'hdr',
    'leastconn',
    'random',
    'rdp-cookie',
    'roundrobin',
    'source',
    'static-rr',
    'uri',
    'url_param',
  ]);
});

test('no text makes the loader throw', () => {
  const word = fc.constantFrom(
    ...(
      'global defaults frontend listen backend http-errors from bind server default-server option no default timeout ' +
      'client log log-format balance random( errorfile errorloc 400 500 stats socket source usesrc mode http tcp :80 ' +
      '127.0.0.1:80 [::1]:1 /x fd@9 a b s1 id 1 0 -1 99999999999 1s x .if .endif .else .elif 1 ( " \' \\ $ # redispatch ' +
      'check inter weight name thread 1-2 odd shards rise port addr init-addr cpu-map tune.bufsize maxconn retry-on'
    ).split(' '),
    '\n',
    '\n',
    '\n ',
    '\0',
    '\r\n',
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 40 }), (pieces) => {
      const { exitStatus } = load(`${pieces.join(' ')}\n`);
      assert.ok(exitStatus === 0 || exitStatus === 1 || exitStatus === 2);
    }),
    { numRuns: 1500 },
  );
});
