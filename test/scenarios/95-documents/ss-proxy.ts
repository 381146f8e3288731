// The first document: one address in front of two servers, in TCP mode, with almost nothing said of them.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { parseRfc3164 } from '../../harness/log-line.ts';
import { documentScenario } from '../../harness/seed-config.ts';
import type { ConnectionScript } from '../../harness/tcp-server.ts';
import { poll } from '../../harness/waiting.ts';

/** Says its name and ends. */
const says =
  (name: string): ConnectionScript =>
  (wire) =>
    wire.send(name).then(() => wire.halfClose());

documentScenario(
  'connections alternate between the two servers; it daemonizes, changes user and root',
  '000-ss-proxy.cfg',
  { needs: ['root'] },
  async (t, config) => {
    const hk = await t.tcpServer({ name: 'hk', script: says('hk') });
    const ca = await t.tcpServer({ name: 'ca', script: says('ca') });
    // The log socket is looked up below the new root; the program does it with its new user's rights.
    chmodSync(t.directory, 0o755);
    mkdirSync(`${t.directory}/dev`);
    const log = t.syslogUnix('dev/log');
    const program = await t.start(
      config({
        '0.0.0.0:443': `${t.ip}:8443`,
        '127.0.0.2:443': hk.address,
        '127.0.0.3:443': ca.address,
        '/var/lib/haproxy': t.directory,
        'user haproxy': 'user nobody',
        'group haproxy': 'group nogroup',
      }),
      { background: true },
    );
    assert.equal((await program.exit()).code, 0);
    const names: string[] = [];
    for (let at = 0; at < 4; at++) {
      const client = await t.connect(8443);
      await client.send('hello');
      names.push((await client.readToEnd()).toString());
      client.close();
    }
    const [first = ''] = names;
    const other = first === 'hk' ? 'ca' : 'hk';
    assert.deepEqual(names, [first, other, first, other]);
    // The default line of each connection, for the first target; the second takes what is more urgent than that.
    const envelope = parseRfc3164(await log.line(/Connect from .*ss-proxy\/TCP/));
    assert.equal(envelope.facility, 16);
    const [pid] = t.processes();
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    assert.match(status, /^Uid:\t65534\t/m);
    assert.match(status, /^Gid:\t65534\t/m);
  },
);

documentScenario(
  'a dead server costs the clients nothing once redispatch is there',
  '000-ss-proxy.cfg',
  {},
  async (t, config) => {
    const ca = await t.tcpServer({ name: 'ca', script: says('ca') });
    await t.start(
      config({
        'log /dev/log': '#',
        'chroot /': '#',
        'user haproxy': '',
        'group haproxy': '',
        '    daemon': '',
        'log global': 'option redispatch 1',
        '0.0.0.0:443': `${t.ip}:8443`,
        '127.0.0.2:443': await t.refusingAddress(),
        '127.0.0.3:443': ca.address,
      }),
    );
    for (let at = 0; at < 4; at++) {
      const client = await t.connect(8443);
      assert.equal((await client.readToEnd()).toString(), 'ca');
    }
  },
);

documentScenario(
  'a server that is checked is left while it is gone, and has more of the connections by its weight',
  '000-ss-proxy.cfg',
  {},
  async (t, config) => {
    const hk = await t.tcpServer({ name: 'hk', script: says('hk') });
    const ca = await t.tcpServer({ name: 'ca', script: says('ca') });
    const check = 'check inter 1s fall 2 rise 2';
    const program = await t.start(
      config({
        'log /dev/log': '#',
        'chroot /': '#',
        'user haproxy': '',
        'group haproxy': '',
        '    daemon': '',
        '0.0.0.0:443': `${t.ip}:8443`,
        '127.0.0.2:443': `${hk.address} weight 3 ${check}`,
        '127.0.0.3:443': `${ca.address} ${check}`,
      }),
    );
    const ask = async (): Promise<string> => (await (await t.connect(8443)).readToEnd()).toString();
    const names: string[] = [];
    for (let at = 0; at < 8; at++) names.push(await ask());
    assert.equal(names.filter((name) => name === 'hk').length, 6);

    await hk.stop();
    await program.stderr.line(/\/hk is DOWN/, 30_000);
    for (let at = 0; at < 4; at++) assert.equal(await ask(), 'ca');
    await hk.restart();
    await program.stderr.line(/\/hk is UP/, 30_000);
    await poll(async () => (await ask()) === 'hk' || undefined, 'the server to be used again');
  },
);

documentScenario('the 1025th connection waits until one ends', '000-ss-proxy.cfg', {}, async (t, config) => {
  const script: ConnectionScript = async (wire) => {
    await wire.ended(60_000);
    wire.close();
  };
  const hk = await t.tcpServer({ name: 'hk', script });
  const ca = await t.tcpServer({ name: 'ca', script });
  await t.start(
    config({
      'log /dev/log': '#',
      'chroot /': '#',
      'user haproxy': '',
      'group haproxy': '',
      '    daemon': '',
      '0.0.0.0:443': `${t.ip}:8443`,
      '127.0.0.2:443': hk.address,
      '127.0.0.3:443': ca.address,
    }),
  );
  const clients = [];
  for (let at = 0; at < 32; at++)
    clients.push(...(await Promise.all(Array.from({ length: 32 }, () => t.connect(8443)))));
  const served = (): number => hk.connectionCount + ca.connectionCount;
  await poll(() => served() === 1024 || undefined, 'all of them to be served', 20_000);
  const last = await t.connect(8443);
  await last.send('me too');
  // The kernel has it; nobody reads it.
  assert.equal(served(), 1024);
  clients[0]?.close();
  await poll(() => served() === 1025 || undefined, 'the last one to be served');
});
