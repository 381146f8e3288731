// The second document: two web servers behind one proxy, sessions by a cookie, a page of statistics; and the claim that
// one process holds tens of thousands of connections.

import assert from 'node:assert/strict';
import { chmodSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import type { HttpServer } from '../../harness/http-server.ts';
import { parseHttpLog, parseRfc3164 } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';
import { documentScenario, type Replacements } from '../../harness/seed-config.ts';
import type { LogReceiver } from '../../harness/syslog.ts';

interface Web {
  readonly web1: HttpServer;
  readonly web2: HttpServer;
  readonly log: LogReceiver;
  readonly replacements: Replacements;
}

/** The two servers and the log, and what makes the file name them. It stays in the foreground unless asked. */
async function web(t: ScenarioContext, foreground = true): Promise<Web> {
  const web1 = await t.httpServer('web1');
  const web2 = await t.httpServer('web2');
  const log = await t.syslog();
  const replacements: Record<string, string> = {
    // Twice as many descriptors are more than some machines give.
    'maxconn     20000': 'maxconn     2000 ',
    '127.0.0.1 local2': `${log.address} local2`,
    '*:80 ': `${t.ip}:8000 `,
    '*:80\n': `${t.ip}:8000\n`,
    '*:8080': `${t.ip}:8080`,
    '172.18.218.149:80': web1.address,
    '172.18.216.107:80': web2.address,
    'except 127.0.0.0/8': 'except 127.20.0.0/16',
    '/var/lib/haproxy': t.directory,
    '/var/run/haproxy.pid': `${t.directory}/haproxy.pid`,
  };
  if (foreground) replacements['chroot '] = '#';
  return { web1, web2, log, replacements };
}

/** Of the two spellings only one has each of these texts. */
function present(config: (replacements: Replacements) => string, replacements: Replacements): string {
  const text = config({});
  return config(Object.fromEntries(Object.entries(replacements).filter(([from]) => text.includes(from))));
}

documentScenario(
  'both servers in turn, and the same one for who comes back with the cookie',
  '001-web.cfg',
  {},
  async (t, config) => {
    const { web1, web2, log, replacements } = await web(t);
    await t.start(present(config, replacements));
    const from = '127.9.1.2';
    const visitors: [name: string, cookie: string][] = [];
    for (let at = 0; at < 4; at++) {
      const response = await t.request(8000, get('/'), { from });
      const value = response.text === 'web1' ? 'A' : 'B';
      assert.equal(response.header('set-cookie'), `SESSION_ID=${value}; path=/`);
      visitors.push([response.text, value]);
      const envelope = parseRfc3164(await log.line(/"GET \/ /));
      assert.equal(envelope.facility, 18);
      const line = parseHttpLog(envelope.message);
      assert.deepEqual(
        [line.frontend, line.backend, line.server, line.status, line.flags],
        ['proxy', 'dynamic', response.text, 200, '--NI'],
      );
    }
    const [first, second, third] = visitors.map(([name]) => name);
    assert.ok(first !== second && first === third);

    const [name = '', cookie = ''] = visitors[0] ?? [];
    for (let at = 0; at < 3; at++) {
      const response = await t.request(8000, get('/again', `Cookie: SESSION_ID=${cookie}`), { from });
      assert.equal(response.text, name);
      assert.equal(response.header('set-cookie'), undefined);
    }
    const seen = (name === 'web1' ? web1 : web2).requests.at(-1);
    assert.equal(seen?.header('cookie'), undefined, 'indirect');
    assert.equal(seen?.header('x-forwarded-for'), from);
    await t.request(8000, get('/', `Cookie: SESSION_ID=${cookie}`), { from: '127.20.3.4' });
    const excepted = (name === 'web1' ? web1 : web2).requests.at(-1);
    assert.equal(excepted?.header('x-forwarded-for'), undefined);
  },
);

documentScenario(
  'the client keeps its connection, the server does not; a dead server is no trouble',
  '001-web.cfg',
  {},
  async (t, config) => {
    const { web1, web2, replacements } = await web(t);
    await t.start(present(config, replacements));
    const client = await t.connect(8000);
    const requests = (): number => web1.requests.length + web2.requests.length;
    for (let at = 0; at < 4; at++) assert.equal((await exchange(client, get('/'))).status, 200);
    assert.equal(requests(), 4);
    for (const server of [web1, web2]) {
      for (const request of server.requests) await request.wire.ended();
    }

    // Long before the checks can know it: three failures, three seconds apart.
    await web1.stop();
    for (let at = 0; at < 2; at++) {
      const response = await t.request(8000, get('/', 'Cookie: SESSION_ID=A'));
      assert.equal(response.text, 'web2');
      assert.equal(response.header('set-cookie'), 'SESSION_ID=B; path=/');
    }
  },
);

documentScenario(
  'the page of statistics, for who knows the password',
  '001-web.cfg',
  {},
  async (t, config) => {
    const { replacements } = await web(t);
    await t.start(present(config, replacements));
    assert.equal((await t.request(8080, get('/admin?stats'))).status, 401);
    const account = `Authorization: Basic ${Buffer.from('admin:admin').toString('base64')}`;
    const page = await t.request(8080, get('/admin?stats', account));
    assert.equal(page.status, 200);
    assert.equal(page.header('refresh'), '5');
    assert.doesNotMatch(page.text, /version \d/i, 'hide-version');
    const csv = await t.request(8080, get('/admin?stats;csv', account));
    for (const name of ['proxy,FRONTEND', 'dynamic,web1', 'dynamic,web2', 'dynamic,BACKEND'])
      assert.match(csv.text, new RegExp(`^${name},`, 'm'));
  },
);

documentScenario(
  'in the background, with its pid in the file and its root moved',
  '001-web.cfg',
  { needs: ['root'] },
  async (t, config) => {
    const { replacements } = await web(t, false);
    chmodSync(t.directory, 0o755);
    const program = await t.start(present(config, replacements), { background: true });
    assert.equal((await program.exit()).code, 0);
    const pid = Number(readFileSync(`${t.directory}/haproxy.pid`, 'latin1'));
    assert.deepEqual(t.processes(), [pid]);
    assert.equal(readlinkSync(`/proc/${pid}/root`), t.directory);
    assert.equal((await t.request(8000, get('/'))).status, 200);
  },
);

const MANY = 10_000;
const AT_ONCE = 250;

/** One request and its answer; a plain socket, because a test cannot note what ten thousand of them say. */
function talk(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const finish = (error?: Error): void => {
      socket.off('data', read).off('close', lost).off('error', finish);
      if (error === undefined) resolve();
      else reject(error);
    };
    const lost = (): void => finish(new Error(`closed after ${JSON.stringify(text)}`));
    const read = (bytes: Buffer): void => {
      text += bytes.toString('latin1');
      if (text.endsWith('\r\n\r\nok')) finish();
    };
    socket.on('data', read).once('close', lost).once('error', finish);
    socket.write(get('/'));
  });
}

scenario(
  'ten thousand connections at once, all of them served, and served again',
  { timeoutMs: 180_000, nbthread: 2, needs: ['descriptors'] },
  async (t) => {
    const server = createServer((_, response) => response.end('ok'));
    await new Promise<void>((resolve) => server.listen(0, t.ip, resolve));
    t.after(() => void server.close());
    const { port } = server.address() as AddressInfo; // It listens on a port.
    await t.start(`
global
    maxconn 20000
    no strict-limits
${HTTP_DEFAULTS}
    timeout client 170s
    timeout http-keep-alive 170s
listen web
    bind ${t.ip}:8080
    maxconn 20000
    server s1 ${t.ip}:${port} maxconn 50
`);
    const sockets: Socket[] = [];
    t.after(() => {
      for (const socket of sockets) socket.destroy();
    });
    while (sockets.length < MANY) {
      const some = Array.from({ length: AT_ONCE }, () => connect(8080, t.ip));
      sockets.push(...some);
      await Promise.all(some.map(talk));
    }
    for (let at = 0; at < MANY; at += AT_ONCE) await Promise.all(sockets.slice(at, at + AT_ONCE).map(talk));
    assert.ok(sockets.every(({ destroyed, readableEnded }) => !destroyed && !readableEnded));
  },
);
