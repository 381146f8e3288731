// `option external-check`: programs as health checks.

import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { playChecks } from '../../harness/check-table.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { scenario } from '../../harness/scenario.ts';
import { poll } from '../../harness/waiting.ts';

const ALLOWED = { global: '    external-check\n    insecure-fork-wanted\n' };

function script(t: ScenarioContext, name: string, lines: string): string {
  const path = t.file(name, `#!/bin/sh\n${lines}\n`);
  chmodSync(path, 0o755);
  return path;
}

function rules(command: string, path?: string): string[] {
  return [
    'option external-check',
    `external-check command ${command}`,
    ...(path === undefined ? [] : [`external-check path ${path}`]),
  ];
}

scenario('the end of a program is the result of the check', {}, async (t) => {
  const passed = 'succeeded, reason: External check passed, code: 0';
  const failed = (code: number): string => `failed, reason: External check error, code: ${code}`;
  await playChecks(
    t,
    [
      { name: 'true', rules: rules('/bin/true'), server: [], result: passed },
      { name: 'false', rules: rules('/bin/false'), server: [], result: failed(1) },
      { name: 'in-path', rules: rules('true', '/usr/bin:/bin'), server: [], result: passed },
      { name: 'status', rules: rules(script(t, 'seven', 'exit 7')), server: [], result: failed(7) },
      { name: 'killed', rules: rules(script(t, 'suicide', 'kill -9 $$')), server: [], result: failed(-1) },
      { name: 'missing', rules: rules(join(t.directory, 'nothing')), server: [], result: failed(255) },
      { name: 'no-program', rules: rules(t.file('text', 'x')), server: [], result: failed(255) },
    ],
    ALLOWED,
  );
});

scenario('a program that takes too long is ended', {}, async (t) => {
  const started = join(t.directory, 'pid');
  const slow = script(t, 'slow', `echo $$ > ${started}\nexec /bin/sleep 30`);
  const result = 'failed, reason: External check timeout, code: 0';
  await playChecks(t, [{ name: 'slow', rules: rules(slow), server: [], result, options: 'downinter 1h' }], {
    ...ALLOWED,
    inter: '2s',
  });
  const pid = readFileSync(started, 'latin1').trim();
  await poll(() => (isRunning(pid) ? undefined : true), `process ${pid} to end`);
});

function isRunning(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

scenario('a program is told of the proxy and the server, and of nothing else', {}, async (t) => {
  const told = (name: string): string => join(t.directory, `told-${name}`);
  const tell = script(
    t,
    'tell',
    `out=${t.directory}/told-$HAPROXY_PROXY_NAME
/usr/bin/env | /usr/bin/sort > $out.new
echo "$#: $1 $2 $3 $4" >> $out.new
/bin/mv $out.new $out`,
  );
  const passed = 'succeeded, reason: External check passed, code: 0';
  const { servers } = await playChecks(
    t,
    [
      {
        name: 'back',
        rules: rules(tell, '/some/where'),
        server: [],
        result: passed,
        options: 'id 42 maxconn 77 port 9',
      },
      { name: 'tcp', rules: ['mode tcp', 'id 900', ...rules(tell)], server: [], result: passed },
    ],
    ALLOWED,
  );
  const expected = (name: string, facts: Readonly<Record<string, string>>): string => {
    const server = servers.get(name);
    const lines = {
      HAPROXY_PROXY_ADDR: '',
      HAPROXY_PROXY_NAME: name,
      HAPROXY_PROXY_PORT: '',
      HAPROXY_SERVER_ADDR: server?.host ?? '',
      HAPROXY_SERVER_CURCONN: '0',
      HAPROXY_SERVER_NAME: 's',
      HAPROXY_SERVER_PORT: String(server?.port),
      HAPROXY_SERVER_SSL: '0',
      ...facts,
    };
    const text = Object.entries(lines).map(([key, value]) => `${key}=${value}`);
    return `${text.sort().join('\n')}\n4: NOT_USED NOT_USED ${server?.host} ${server?.port}\n`;
  };
  const found = (name: string): string =>
    // What the shell adds by itself.
    readFileSync(told(name), 'latin1').replace(/^(?:PWD|OLDPWD|SHLVL|_)=.*\n/gm, '');
  assert.equal(
    found('back'),
    expected('back', {
      HAPROXY_PROXY_ID: '2',
      HAPROXY_SERVER_ID: '42',
      HAPROXY_SERVER_MAXCONN: '77',
      HAPROXY_SERVER_PROTO: 'h1',
      PATH: '/some/where',
    }),
  );
  assert.equal(
    found('tcp'),
    expected('tcp', {
      HAPROXY_PROXY_ID: '900',
      HAPROXY_SERVER_ID: '1',
      HAPROXY_SERVER_MAXCONN: '0',
      HAPROXY_SERVER_PROTO: 'tcp',
      PATH: '',
    }),
  );
});

scenario('a program of a proxy with listeners is told of the first one', {}, async (t) => {
  const out = join(t.directory, 'told');
  const tell = script(
    t,
    'tell',
    `echo "$1 $2 $HAPROXY_PROXY_ADDR:$HAPROXY_PROXY_PORT" > ${out}.new; /bin/mv ${out}.new ${out}`,
  );
  const server = await t.tcpServer();
  await t.start(`
global
    external-check
    insecure-fork-wanted
listen web
    mode tcp
    bind ${t.ip}:8080
    bind ${t.ip}:8081
    timeout client 10s
    timeout server 10s
    timeout connect 10s
    option external-check
    external-check command ${tell}
    server s ${server.address} check inter 10s
`);
  const text = await poll(() => {
    try {
      return readFileSync(out, 'latin1');
    } catch {
      return undefined;
    }
  }, 'the program to have run');
  assert.equal(text, `${t.ip} 8080 ${t.ip}:8080\n`);
});
