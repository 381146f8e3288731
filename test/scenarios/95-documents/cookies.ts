// The architecture guide's sections 1 to 3.1: one farm, with a cookie of the proxy's own or of the application's, behind
// other balancers, behind a TLS front.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import { GUIDE_DEFAULTS, get10, guideFarm } from '../../harness/document-farm.ts';
import { parseHttpLog, parseRfc3164 } from '../../harness/log-line.ts';
import { documentScenario } from '../../harness/seed-config.ts';
import { poll } from '../../harness/waiting.ts';

documentScenario(
  'a cookie ties to a server, and to another one when that is down',
  '004-1-cookie-insert.cfg',
  {},
  async (t, config) => {
    const { server, servers, replacements, requests } = await guideFarm(t);
    const program = await t.start(GUIDE_DEFAULTS + config(replacements));
    const seen = new Set<string>();
    for (let at = 0; at < 4; at++) {
      const response = await t.request(8080, get('/'));
      assert.equal(response.header('set-cookie'), `SERVERID=${response.text}; path=/`);
      seen.add(response.text);
    }
    assert.equal(seen.size, 4);

    for (let at = 0; at < 3; at++) {
      const response = await t.request(8080, get('/', 'Cookie: SERVERID=A; other=1'));
      assert.equal(response.text, 'A');
      assert.equal(response.header('set-cookie'), undefined, 'the client knows it');
    }
    assert.equal(requests('A').at(-1)?.header('cookie'), 'other=1', 'the server does not see it');

    for (const checked of servers.values()) {
      const check = await poll(() => checked.requests.find(({ method }) => method === 'HEAD'), 'a check');
      assert.equal(check.rawHead, 'HEAD /index.html HTTP/1.0\r\n\r\n');
    }

    await server('A').stop();
    await program.stderr.line(/Server .*\/webA is DOWN/, 30_000);
    const response = await t.request(8080, get('/', 'Cookie: SERVERID=A'));
    assert.match(response.text, /^[BCD]$/);
    assert.equal(response.header('set-cookie'), `SERVERID=${response.text}; path=/`);
  },
);

documentScenario(
  'the flow chart, exchange by exchange',
  '004-2.1-cookie-prefix.cfg',
  {},
  async (t, config) => {
    const { replacements, requests } = await guideFarm(t, (_, { target }) =>
      target === '/URI2' ? ['Set-Cookie: JSESSIONID=123'] : [],
    );
    await t.start(GUIDE_DEFAULTS + config(replacements));
    const from = '127.1.2.3';
    const forwarded = `x-forwarded-for: ${from}\r\n\r\n`;

    const first = await t.request(8080, get10('/URI1'), { from });
    assert.equal(first.status, 200);
    assert.equal(first.header('set-cookie'), undefined);
    assert.equal(requests(first.text).at(-1)?.rawHead, `GET /URI1 HTTP/1.0\r\n${forwarded}`);

    const second = await t.request(8080, get10('/URI2'), { from });
    assert.equal(requests(second.text).at(-1)?.rawHead, `GET /URI2 HTTP/1.0\r\n${forwarded}`);
    assert.equal(second.header('set-cookie'), `JSESSIONID=${second.text}~123`);

    for (let at = 0; at < 3; at++) {
      const third = await t.request(8080, get10('/URI3', 'Cookie: JSESSIONID=A~123'), { from });
      assert.equal(third.text, 'A');
      assert.equal(third.header('set-cookie'), undefined, 'no cookie, nothing changed');
    }
    const seen = requests('A').at(-1)?.rawHead;
    assert.equal(seen, `GET /URI3 HTTP/1.0\r\ncookie: JSESSIONID=123\r\n${forwarded}`);
  },
);

documentScenario(
  'a client that would keep its connection is closed after each exchange',
  '004-2.1-cookie-prefix.cfg',
  {},
  async (t, config) => {
    const { replacements } = await guideFarm(t);
    await t.start(GUIDE_DEFAULTS + config(replacements));
    const client = await t.connect(8080);
    const response = await exchange(client, get('/'));
    assert.equal(response.header('connection'), 'close');
    assert.equal(await client.ended(), 'fin');
  },
);

documentScenario(
  'the session goes on at another server when its own is down',
  '004-2.1-cookie-prefix.cfg',
  {},
  async (t, config) => {
    const { server, replacements } = await guideFarm(t, (name) => [`Set-Cookie: JSESSIONID=new${name}`]);
    const program = await t.start(GUIDE_DEFAULTS + config(replacements));
    await server('A').stop();
    await program.stderr.line(/Server .*\/webA is DOWN/, 30_000);
    const response = await t.request(8080, get10('/', 'Cookie: JSESSIONID=A~123'));
    assert.match(response.text, /^[BCD]$/);
    assert.equal(response.header('set-cookie'), `JSESSIONID=${response.text}~new${response.text}`);
  },
);

documentScenario(
  'checks of a layer 4 balancer leave no line in the log, requests do',
  '004-2.1b-external-l4.cfg',
  {},
  async (t, config) => {
    const { replacements } = await guideFarm(t);
    const { '192.168.1.1:80': own = '', ...farm } = replacements;
    const log = await t.syslog();
    await t.start(`
global
    log ${log.address} local0
${GUIDE_DEFAULTS}
    log global
${config({ ...farm, '0.0.0.0:80': own })}`);
    for (let at = 0; at < 3; at++) {
      const check = await t.connect(8080);
      check.close();
    }
    const answered = await t.request(8080, get10('/'));
    const line = parseHttpLog(parseRfc3164(await log.line()).message);
    assert.equal(line.request, 'GET / HTTP/1.0');
    assert.equal(line.server, `web${answered.text}`);
    await t.request(8080, get10('/last'));
    assert.match(await log.line(), /GET \/last/, 'the connections of the checks would stand before it');
  },
);

/** Without a word about its age nobody stores a page, and HAProxy 2.6 has nothing to prevent. */
const STORABLE = 'Last-Modified: Wed, 18 Jul 2012 00:00:00 GMT';

documentScenario(
  'the flow chart: cookie and Cache-Control for the front, nothing of it for the server',
  '004-3-cookie-nocache.cfg',
  {},
  async (t, config) => {
    const { replacements, requests } = await guideFarm(t, () => [STORABLE]);
    const { '192.168.1.1:80': own = '', ...farm } = replacements;
    await t.start(GUIDE_DEFAULTS + config({ ...farm, '127.0.0.1:8000': own }));
    // The front adds the client's address by itself.
    const front = 'X-Forwarded-For: 10.1.2.3';
    const first = await t.request(8080, get10('/URI1', front));
    const name = first.text;
    const atServer = (): void => {
      const seen = requests(name).at(-1);
      assert.equal(seen?.header('cookie'), undefined);
      assert.equal(seen?.header('x-forwarded-for'), '10.1.2.3');
    };
    assert.equal(first.header('set-cookie'), `SERVERID=${name}; path=/`);
    assert.equal(first.header('cache-control'), 'private');
    atServer();
    for (const target of ['/URI2', '/URI3']) {
      const next = await t.request(8080, get10(target, front, `Cookie: SERVERID=${name}`));
      assert.equal(next.text, name);
      assert.equal(next.header('set-cookie'), undefined);
      assert.equal(next.header('cache-control'), undefined);
      atServer();
    }
  },
);

documentScenario(
  'X-Forwarded-For for plain clients, not for what the TLS front on the same machine sends',
  '004-3.1-stunnel.cfg',
  {},
  async (t, config) => {
    const { replacements, requests } = await guideFarm(t, () => [STORABLE]);
    await t.start(GUIDE_DEFAULTS + config({ ...replacements, 'except 192.168.1.1': `except ${t.ip}` }));
    const plain = await t.request(8080, get10('/'), { from: '127.1.2.3' });
    assert.equal(requests(plain.text).at(-1)?.header('x-forwarded-for'), '127.1.2.3');
    const secure = await t.request(8080, get10('/', 'X-Forwarded-For: 10.1.2.3'), { from: t.ip });
    assert.equal(requests(secure.text).at(-1)?.header('x-forwarded-for'), '10.1.2.3');
    assert.equal(secure.header('set-cookie'), `SERVERID=${secure.text}; path=/`);
    assert.equal(secure.header('cache-control'), 'private');
  },
);
