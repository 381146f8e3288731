// How the documents find the process: keepalived's `killall -0 haproxy` and `pidof haproxy`, and `ps -ef | grep haproxy`,
// with the program started through a link of that name. A process namespace of its own makes sure that no other haproxy
// is found.

import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { TCP_DEFAULTS } from '../../harness/config-text.ts';
import { scenario } from '../../harness/scenario.ts';

scenario(
  'killall, pidof and ps find haproxy as long as it runs, and no longer',
  { timeoutMs: 90_000, needs: ['mounts', 'killall', 'pidof', 'ps'] },
  async (t) => {
    const server = await t.tcpServer();
    const link = join(t.directory, 'haproxy');
    symlinkSync(t.programPath, link);
    const pidfile = join(t.directory, 'pid');
    const files = t.configFiles(`
global
    daemon
    pidfile ${pidfile}
${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
    const script = `
      found() { killall -0 haproxy 2> /dev/null; echo "$1 killall $?"; pidof haproxy > /dev/null; echo "$1 pidof $?"; }
      found before
      '${link}' ${files.map((file) => `-f '${file}'`).join(' ')} || echo failed
      found running
      pid=$(cat '${pidfile}')
      [ "$(pidof haproxy)" = "$pid" ] && echo same pid
      ps -ef | grep '[h]aproxy -f' | grep -q " $pid " && echo listed
      kill -9 "$pid"
      while kill -0 "$pid" 2> /dev/null; do sleep 0.05; done
      found killed
      '${link}' ${files.map((file) => `-f '${file}'`).join(' ')} || echo failed
      found again
    `;
    const words = ['--mount', '--pid', '--fork', '--mount-proc', 'sh', '-c', script];
    const { stdout, stderr } = await t.runCommand('unshare', words, { endsWithinMs: 60_000 });
    assert.deepEqual(
      stdout.trim().split('\n'),
      [
        'before killall 1',
        'before pidof 1',
        'running killall 0',
        'running pidof 0',
        'same pid',
        'listed',
        'killed killall 1',
        'killed pidof 1',
        'again killall 0',
        'again pidof 0',
      ],
      stderr,
    );
  },
);
