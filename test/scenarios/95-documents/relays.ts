// The architecture guide's section 2.2 (relays of other protocols, watched by layer 4 balancers) and 6 (many source
// addresses).

import assert from 'node:assert/strict';
import { TCP_DEFAULTS } from '../../harness/config-text.ts';
import { documentScenario } from '../../harness/seed-config.ts';
import type { TcpServer } from '../../harness/tcp-server.ts';

documentScenario(
  'three ports, each to the same port of the server; the balancers that watch are neither forwarded nor logged',
  '004-2.2-monitor-net.cfg',
  {},
  async (t, config) => {
    const host = t.address();
    const ports = [3389, 1494, 5900];
    const servers = new Map<number, TcpServer>();
    for (const port of ports) servers.set(port, await t.tcpServer({ name: String(port), host, port }));
    const log = await t.syslog();
    await t.start(`
global
    log ${log.address} local0
${TCP_DEFAULTS}
    log global
    option tcplog
${config({
  ':3389,:1494,:5900': ports.map((port) => `${t.ip}:${port}`).join(','),
  '192.168.1.10': host,
  '192.168.1.252/31': '127.99.1.252/31',
})}`);
    for (const port of ports) {
      for (const from of ['127.99.1.252', '127.99.1.253']) {
        // The rule that 2.6 has in its place resets the connection, maybe before the watcher knows that it has one.
        const watcher = await t.connect(port, { from }).catch(() => undefined);
        await watcher?.ended();
        assert.equal(watcher?.receivedBytes ?? 0, 0);
      }
    }
    // The addresses beside the network are customers.
    for (const [at, port] of ports.entries()) {
      const client = await t.connect(port, { from: at === 0 ? '127.99.1.251' : '127.99.1.254' });
      const back = await servers.get(port)?.accept();
      assert.ok(back);
      await client.send('hello');
      assert.equal((await back.read(5)).toString(), 'hello');
      await back.send('world');
      assert.equal((await client.read(5)).toString(), 'world');
      client.close();
      await back.ended();
      back.close();
      await log.line(/tse-proxy tse-proxy\/tse-farm/);
    }
    assert.equal(log.lines.length, 3, 'one line for each customer');
    for (const server of servers.values()) assert.equal(server.connectionCount, 1);
  },
);

/** The start of a SERVER HELLO in SSLv3. */
const SERVER_HELLO = Buffer.from('160300004a02', 'hex');
const HANDSHAKE = 0x16;

documentScenario(
  'a firewall that accepts in the place of the site does not pass for it: the other site takes over',
  '004-2.2-ssl-hello-chk.cfg',
  {},
  async (t, config) => {
    const hosts = [t.address(), t.address()];
    let isReached = true;
    for (const [at, host] of hosts.entries()) {
      await t.tcpServer({
        host,
        port: 1514,
        script: async (wire) => {
          const [first] = await wire.read(1, 60_000);
          // A check says hello; a log's sender begins with something else.
          if (first !== HANDSHAKE) await wire.send(`site ${at}\n`);
          else if (at > 0 || isReached) await wire.send(SERVER_HELLO);
        },
      });
    }
    const [prod = '', back = ''] = hosts;
    const program = await t.start(`
defaults
    timeout connect 4s
    timeout client 10s
    timeout server 10s
    timeout check 2s
    default-server inter 1s
${config({ 'bind :1514': `bind ${t.ip}:1514`, '192.168.1.10': prod, '192.168.2.10': back })}`);
    const send = async (): Promise<string> => {
      const client = await t.connect(1514);
      await client.send('<13>a line\n');
      return (await client.readUntil('\n')).toString();
    };
    assert.equal(await send(), 'site 0\n');
    isReached = false;
    assert.match(await program.stderr.line(/\/syslog-prod-site is DOWN/, 30_000), /reason: Layer6 timeout/);
    assert.equal(await send(), 'site 1\n');
    isReached = true;
    await program.stderr.line(/\/syslog-prod-site is UP/, 30_000);
    assert.equal(await send(), 'site 0\n');
  },
);

documentScenario(
  'eight sources in turn towards one server',
  '004-6-source-balancing.cfg',
  {},
  async (t, config) => {
    const server = await t.tcpServer({ port: 80, host: t.address() });
    const sources = Array.from({ length: 8 }, () => t.address());
    const replacements: Record<string, string> = {
      '0.0.0.0:80': `${t.ip}:80`,
      '10.1.1.1:80': server.address,
    };
    sources.forEach((source, at) => {
      replacements[`source 10.1.2.${at + 1}`] = `source ${source}`;
    });
    await t.start(config(replacements));
    const seen: string[] = [];
    for (let at = 0; at < 16; at++) {
      await t.connect(80);
      seen.push((await server.accept()).remoteAddress);
    }
    assert.deepEqual(seen, [...sources, ...sources]);
  },
);
