// The document on DolphinDB: its farm in HTTP and in TCP mode, how long a node's failure goes unnoticed, the page of
// statistics beside a TCP farm, and how its people restart the program.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { exchange, get } from '../../harness/client.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { answer, type HttpServer } from '../../harness/http-server.ts';
import { parseHttpLog, parseRfc3164, parseTcpLog } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';
import { documentScenario, movedSeedConfig, type Replacements } from '../../harness/seed-config.ts';
import { poll } from '../../harness/waiting.ts';

const ACCOUNT = `Authorization: Basic ${Buffer.from('admin:admin').toString('base64')}`;

const WEB_SOCKET = ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13'];

/** Users and addresses that every machine has. */
function everyday(t: ScenarioContext, log: string): Record<string, string> {
  return {
    '127.0.0.1 local2': `${log} local2`,
    'user haproxy': 'user nobody',
    'group haproxy': 'group nogroup',
    '*:8080': `${t.ip}:8080`,
    '0.0.0.0:1080': `${t.ip}:1080`,
  };
}

async function httpFarm(
  t: ScenarioContext,
  log: string,
): Promise<{ nodes: HttpServer[]; replacements: Replacements }> {
  const nodes: HttpServer[] = [];
  const replacements = everyday(t, log);
  for (let at = 1; at <= 4; at++) {
    const node = await t.httpServer(`node${at}`);
    nodes.push(node);
    replacements[`127.0.0.${at}:9302`] = node.address;
  }
  return { nodes, replacements };
}

documentScenario(
  'four nodes in turn, and the page of statistics',
  '003-http.cfg',
  { needs: ['root'] },
  async (t, config) => {
    const log = await t.syslog();
    const { nodes, replacements } = await httpFarm(t, log.address);
    const from = '127.6.6.6';
    const text = config({ ...replacements, 'except 127.0.0.0/8': 'except 127.20.0.0/16' });
    const program = await t.start(text);
    const names: string[] = [];
    for (let at = 0; at < 8; at++) {
      names.push((await t.request(8080, get('/'), { from })).text);
      const envelope = parseRfc3164(await log.line(/ddb_fronted/));
      assert.equal(envelope.facility, 18);
      assert.equal(parseHttpLog(envelope.message).server, names.at(-1));
    }
    assert.deepEqual([...names.slice(0, 4)].sort(), ['node1', 'node2', 'node3', 'node4']);
    assert.deepEqual(names.slice(4), names.slice(0, 4));
    assert.equal(nodes[0]?.requests[0]?.header('x-forwarded-for'), from);
    assert.match(readFileSync(`/proc/${program.pid}/status`, 'latin1'), /^Uid:\t65534\t/m);

    const refused = await t.request(1080, get('/haproxyamdin'));
    assert.equal(refused.status, 401);
    assert.equal(refused.header('www-authenticate'), 'Basic realm="Haproxy"');
    assert.equal((await t.request(1080, get('/haproxyamdin', ACCOUNT))).status, 200);
    const csv = (await t.request(1080, get('/haproxyamdin;csv', ACCOUNT))).text;
    for (const node of ['node1', 'node2', 'node3', 'node4'])
      assert.match(csv, new RegExp(`^ddb_backend,${node},`, 'm'));
  },
);

documentScenario(
  'a client that upgrades keeps its node',
  '003-http.cfg',
  { needs: ['root'] },
  async (t, config) => {
    const log = await t.syslog();
    const { replacements } = await httpFarm(t, log.address);
    const node = await t.httpServer(async ({ wire }) => {
      await wire.send(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
      );
      for (;;) await wire.send(`${(await wire.readUntil('.', 60_000)).toString().toUpperCase()}`);
    });
    const all = Object.fromEntries(
      Object.entries(replacements).map(([from, to]) => [from, from.endsWith(':9302') ? node.address : to]),
    );
    await t.start(config(all));
    const client = await t.connect(8080);
    const upgraded = await exchange(
      client,
      get('/ws', 'Connection: Upgrade', 'Upgrade: websocket', ...WEB_SOCKET),
    );
    assert.equal(upgraded.status, 101);
    for (const text of ['select.', 'from.']) {
      await client.send(text);
      assert.equal((await client.read(text.length)).toString(), text.toUpperCase());
    }
  },
);

/** From the moment in which a node stops until the program says so. */
async function timeToNotice(t: ScenarioContext, pace: string): Promise<number> {
  const log = await t.syslog();
  const { nodes, replacements } = await httpFarm(t, log.address);
  const program = await t.start(
    movedSeedConfig('003-http.cfg', { ...replacements, 'inter 5s rise 2 fall 3': pace }),
  );
  const [first] = nodes;
  assert.ok(first);
  // A server is at its full health once a check has passed.
  await poll(async () => {
    const csv = await t.request(1080, get('/haproxyamdin;csv', ACCOUNT));
    return /^ddb_backend,node1,.*,L4OK,/m.test(csv.text) || undefined;
  }, 'the first check');
  const begun = performance.now();
  await first.stop();
  await program.stderr.line(/\/node1 is DOWN/, 60_000);
  const tookMs = performance.now() - begun;
  // It is not asked any more, and the farm goes on.
  for (let at = 0; at < 6; at++) assert.match((await t.request(8080, get('/'))).text, /^node[234]$/);
  return tookMs;
}

// The node stops somewhere between two checks: of three intervals the first is not a whole one. How much later it is
// known depends on the machine as well.
scenario(
  '003: inter 5s fall 3 takes three intervals, about 15 seconds',
  { nbthread: 1, needs: ['root'], timeoutMs: 120_000 },
  async (t) => {
    const tookMs = await timeToNotice(t, 'inter 5s rise 2 fall 3');
    assert.ok(tookMs > 9900 && tookMs < 30_000, `${tookMs} ms`);
  },
);

scenario(
  '003: inter 2s fall 2 takes two intervals, about 4 seconds',
  { nbthread: 2, needs: ['root'], timeoutMs: 120_000 },
  async (t) => {
    const tookMs = await timeToNotice(t, 'inter 2s rise 2 fall 2');
    assert.ok(tookMs > 1900 && tookMs < 9900, `${tookMs} ms`);
  },
);

documentScenario(
  'three nodes in turn, each told the client by a PROXY line; tcplog lines; statistics beside it',
  '003-tcp.cfg',
  { needs: ['root'] },
  async (t, config) => {
    const log = await t.syslog();
    const replacements = everyday(t, log.address);
    const nodes = [];
    for (let at = 0; at < 3; at++) {
      const node = await t.tcpServer({ name: `node${at + 1}`, port: 8802, host: t.address() });
      nodes.push(node);
      replacements[`10.0.0.8${at}:8802`] = node.address;
    }
    await t.start(config(replacements));
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
    const page = await t.request(1080, get('/haproxyamdin', ACCOUNT));
    assert.equal(page.status, 200);
    assert.match(page.text, /ddb_backend/);
  },
);

scenario('003: kill -9, and started again at once, over what the dead one left', {}, async (t) => {
  const server = await t.httpServer(() => answer(200, 'ok'));
  const pidfile = `${t.directory}/pid`;
  const config = `
global
    pidfile ${pidfile}
defaults
    mode http
    timeout connect 4s
    timeout client 10s
    timeout server 10s
listen web
    bind ${t.ip}:8080
    bind ${t.directory}/socket
    server s1 ${server.address}
`;
  const first = await t.start(config, { background: true, args: ['-D'] });
  assert.equal((await first.exit()).code, 0);
  const client = await t.connect(8080);
  await exchange(client, get('/'));
  const pid = Number(readFileSync(pidfile, 'latin1'));
  process.kill(pid, 'SIGKILL');
  await poll(() => !existsSync(`/proc/${pid}`) || undefined, 'the process to be gone');
  const second = await t.start(config, { background: true, args: ['-D'] });
  assert.equal((await second.exit()).code, 0);
  assert.deepEqual([Number(readFileSync(pidfile, 'latin1'))], t.processes());
  assert.equal((await t.request(8080, get('/'))).text, 'ok');
  assert.equal((await t.request({ path: `${t.directory}/socket` }, get('/'))).text, 'ok');
});
