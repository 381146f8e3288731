// The users' own configurations, moved to loopback, and what their documents say of them.

import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { exchange, get } from '../../harness/client.ts';
import { countByName } from '../../harness/farm.ts';
import { answer } from '../../harness/http-server.ts';
import { parseRfc3164, parseTcpLog } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';
import { movedSeedConfig, seedConfigPath } from '../../harness/seed-config.ts';

const ORIGINALS = ['000-ss-proxy.cfg', '003-tcp.cfg', '004-2.1-weights.cfg', '004-6-source-balancing.cfg'];

for (const name of ORIGINALS) {
  const options = name.startsWith('003')
    ? {}
    : { differs: 'HAProxy 2.6 dropped words that these documents use; Sluice takes them and warns' };
  scenario(`${name} passes -c as its author wrote it`, options, async (t) => {
    const result = await t.run(['-c', '-f', seedConfigPath(name)]);
    assert.equal(result.status, 0, result.stderr);
  });
}

scenario(
  '000-ss-proxy: connections alternate between the two servers; it daemonizes, changes user and root',
  { needs: ['root'] },
  async (t) => {
    const hk = await t.tcpServer({
      name: 'hk',
      script: (wire) => wire.send('hk').then(() => wire.halfClose()),
    });
    const ca = await t.tcpServer({
      name: 'ca',
      script: (wire) => wire.send('ca').then(() => wire.halfClose()),
    });
    const log = t.syslogUnix('log');
    chmodSync(t.directory, 0o755);
    const config = movedSeedConfig('000-ss-proxy.cfg', {
      // The log socket is looked up below the new root.
      '/dev/log': '/log',
      '0.0.0.0:443': `${t.ip}:8443`,
      '127.0.0.2:443': hk.address,
      '127.0.0.3:443': ca.address,
      '/var/lib/haproxy': t.directory,
      'user haproxy': 'user nobody',
      'group haproxy': 'group nogroup',
    });
    const program = await t.start(config, { background: true });
    assert.equal((await program.exit()).code, 0);
    const names: string[] = [];
    for (let at = 0; at < 4; at++) {
      const client = await t.connect(8443);
      await client.send('hello');
      names.push((await client.readToEnd()).toString());
      client.close();
    }
    assert.equal(names.join(' '), 'hk ca hk ca');
    // Without tcplog each connection is logged by the default line, to both targets that take its level: local0 only.
    const envelope = parseRfc3164(await log.line(/Connect from/));
    assert.equal(envelope.facility, 16);
    const [pid] = t.processes();
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    assert.match(status, /^Uid:\t65534\t/m);
  },
);

scenario('000-ss-proxy: a dead server costs the clients nothing once redispatch is there', {}, async (t) => {
  const ca = await t.tcpServer({
    name: 'ca',
    script: (wire) => wire.send('ca').then(() => wire.halfClose()),
  });
  const config = movedSeedConfig('000-ss-proxy.cfg', {
    'log /dev/log': '#',
    'chroot /': '#',
    'user haproxy': '',
    'group haproxy': '',
    '    daemon': '',
    'log global': 'option redispatch 1',
    '0.0.0.0:443': `${t.ip}:8443`,
    '127.0.0.2:443': await t.refusingAddress(),
    '127.0.0.3:443': ca.address,
  });
  await t.start(config);
  for (let at = 0; at < 4; at++) {
    const client = await t.connect(8443);
    assert.equal((await client.readToEnd()).toString(), 'ca');
  }
});

scenario(
  '003-tcp: three nodes in turn, each told the client by a PROXY line; tcplog lines on local2',
  { needs: ['root'] },
  async (t) => {
    const log = await t.syslog();
    const nodes = [];
    for (const name of ['node1', 'node2', 'node3'])
      nodes.push(await t.tcpServer({ name, port: 8802, host: t.address() }));
    const [node1, node2, node3] = nodes;
    assert.ok(node1 && node2 && node3);
    const config = movedSeedConfig('003-tcp.cfg', {
      '127.0.0.1 local2': `${log.address} local2`,
      'user haproxy': 'user nobody',
      'group haproxy': 'group nogroup',
      '*:8080': `${t.ip}:8080`,
      '0.0.0.0:1080': `${t.ip}:1080`,
      '10.0.0.80:8802': node1.address,
      '10.0.0.81:8802': node2.address,
      '10.0.0.82:8802': node3.address,
    });
    await t.start(config);
    for (const node of nodes) {
      const client = await t.connect(8080, { from: '127.6.6.6' });
      await client.send('query');
      const expected = `PROXY TCP4 127.6.6.6 ${t.ip} ${client.localPort} 8080\r\n`;
      // A check with its own line may come first.
      let back = await node.accept();
      let line = (await back.readUntil('\r\n')).toString();
      while (line !== expected) {
        back = await node.accept();
        line = (await back.readUntil('\r\n')).toString();
      }
      assert.equal((await back.read(5)).toString(), 'query');
      await back.send('rows');
      assert.equal((await client.read(4)).toString(), 'rows');
      client.close();
      await back.ended();
      back.close();
      const envelope = parseRfc3164(await log.line(/ddb_fronted/));
      assert.equal(envelope.facility, 18);
      const logged = parseTcpLog(envelope.message);
      assert.deepEqual(
        [logged.frontend, logged.backend, logged.server, logged.bytes],
        ['ddb_fronted', 'ddb_backend', node.name, 4],
      );
    }
  },
);

scenario(
  '004-2.1: weights 12 12 26 26, the JSESSIONID prefix, X-Forwarded-For, one request a connection',
  {},
  async (t) => {
    const names = ['A', 'B', 'C', 'D'];
    const servers = [];
    for (const name of names) {
      servers.push(
        await t.httpServer(
          ({ target }) => answer(200, name, target === '/URI2' ? ['Set-Cookie: JSESSIONID=123'] : []),
          { name, port: 80, host: t.address() },
        ),
      );
    }
    const replacements: Record<string, string> = { '192.168.1.1:80\n': `${t.ip}:80\n` };
    servers.forEach((server, at) => {
      replacements[`192.168.1.1${at + 1}:80`] = server.address;
    });
    const config = movedSeedConfig('004-2.1-weights.cfg', replacements);
    await t.start(config);
    const chosen: string[] = [];
    for (let at = 0; at < 77; at++) {
      const client = await t.connect(80);
      const response = await exchange(client, get('/URI1'));
      assert.equal(response.header('connection'), 'close');
      chosen.push(response.text);
      client.close();
    }
    assert.deepEqual(countByName(chosen.slice(1)), { A: 12, B: 12, C: 26, D: 26 });

    const set = await t.request(80, 'GET /URI2 HTTP/1.0\r\n\r\n');
    assert.equal(set.header('set-cookie'), `JSESSIONID=${set.text}~123`);
    for (let at = 0; at < 3; at++) {
      const tied = await t.request(80, 'GET /URI3 HTTP/1.0\r\nCookie: JSESSIONID=A~123\r\n\r\n', {
        from: '127.1.2.3',
      });
      assert.equal(tied.text, 'A');
    }
    const last = servers[0]?.requests.filter((request) => request.target === '/URI3').at(-1);
    assert.equal(
      last?.rawHead,
      'GET /URI3 HTTP/1.0\r\ncookie: JSESSIONID=123\r\nx-forwarded-for: 127.1.2.3\r\n\r\n',
    );

    // The checks are the HEAD that the file asks for.
    const check = servers[1]?.requests.find((request) => request.method === 'HEAD');
    if (check !== undefined) assert.equal(check.startLine, 'HEAD /index.html HTTP/1.0');
  },
);

scenario('004-6: eight sources in turn towards one server', {}, async (t) => {
  const server = await t.tcpServer({ port: 80, host: t.address() });
  const sources = Array.from({ length: 8 }, () => t.address());
  const replacements: Record<string, string> = {
    'bind 0.0.0.0:80': `bind ${t.ip}:80`,
    '10.1.1.1:80': server.address,
  };
  sources.forEach((source, at) => {
    replacements[`source 10.1.2.${at + 1}`] = `source ${source}`;
  });
  await t.start(movedSeedConfig('004-6-source-balancing.cfg', replacements));
  const seen: string[] = [];
  for (let at = 0; at < 16; at++) {
    await t.connect(80);
    seen.push((await server.accept()).remoteAddress);
  }
  assert.deepEqual(seen, [...sources, ...sources]);
});
