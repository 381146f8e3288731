// Which server gets the next connection under each balancing algorithm.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS, TCP_DEFAULTS } from '../../harness/config-text.ts';
import { ask, countByName, farm } from '../../harness/farm.ts';
import { scenario } from '../../harness/scenario.ts';
import { poll } from '../../harness/waiting.ts';

scenario('roundrobin takes the servers in turn', {}, async (t) => {
  const { lines } = await farm(t, ['a', 'b', 'c']);
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    balance roundrobin
${lines()}
`);
  assert.equal((await ask(t, 8080, 9)).join(''), 'abcabcabc');
});

scenario('without a balance line the order is roundrobin', {}, async (t) => {
  const { lines } = await farm(t, ['a', 'b', 'c']);
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
${lines()}
`);
  assert.equal((await ask(t, 8080, 6)).join(''), 'abcabc');
});

scenario('roundrobin gives weights 12 12 26 26 their share and interleaves them', {}, async (t) => {
  const { lines } = await farm(t, ['a', 'b', 'c', 'd']);
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    balance roundrobin
${lines({ a: 'weight 12', b: 'weight 12', c: 'weight 26', d: 'weight 26' })}
`);
  // The tree of servers starts one step beside its cycle; from the second request on, 38 requests are a cycle.
  const cycle = 'dcdacdbcdacdbcdacdbcdcadcbdcadcbdcadcb';
  const names = await ask(t, 8080, 1 + 4 * cycle.length);
  assert.equal(names.join(''), `c${cycle.repeat(4)}`);
  assert.deepEqual(countByName(names.slice(1)), { a: 24, b: 24, c: 52, d: 52 });
});

scenario('roundrobin with weights 1 2 3', {}, async (t) => {
  const { lines } = await farm(t, ['a', 'b', 'c']);
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    balance roundrobin
${lines({ a: 'weight 1', b: 'weight 2', c: 'weight 3' })}
`);
  assert.equal((await ask(t, 8080, 12)).join(''), 'cbcacbcbcacb');
});

scenario('a server of weight 0 gets nothing', {}, async (t) => {
  const { lines } = await farm(t, ['a', 'b']);
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    balance roundrobin
${lines({ a: 'weight 0' })}
`);
  assert.deepEqual(countByName(await ask(t, 8080, 6)), { b: 6 });
});

scenario('static-rr follows the weights in an order of its own', {}, async (t) => {
  const { lines } = await farm(t, ['a', 'b', 'c']);
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    balance static-rr
${lines({ a: 'weight 1', b: 'weight 2', c: 'weight 3' })}
`);
  assert.equal((await ask(t, 8080, 12)).join(''), 'acbcbcacbcbc');
});

scenario('static-rr with equal weights takes the servers in turn', {}, async (t) => {
  const { lines } = await farm(t, ['a', 'b', 'c']);
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    balance static-rr
${lines()}
`);
  assert.equal((await ask(t, 8080, 6)).join(''), 'abcabc');
});

scenario('leastconn goes where the fewest connections are', {}, async (t) => {
  const a = await t.tcpServer({ name: 'a' });
  const b = await t.tcpServer({ name: 'b' });
  const c = await t.tcpServer({ name: 'c' });
  const log = await t.syslog();
  await t.start(`${TCP_DEFAULTS}
    log ${log.address} local0
    option tcplog
listen relay
    bind ${t.ip}:8080
    balance leastconn
    server a ${a.address}
    server b ${b.address}
    server c ${c.address}
`);
  await t.connect(8080);
  await a.accept();
  const second = await t.connect(8080);
  const secondBack = await b.accept();
  await t.connect(8080);
  await c.accept();
  // One connection ends: its server has the fewest now. The log line says that it does not count any more.
  second.close();
  await secondBack.ended();
  secondBack.close();
  await log.line(/ relay\/b /);
  await t.connect(8080);
  await b.accept();
});

scenario('leastconn without load is a round robin', {}, async (t) => {
  const { lines } = await farm(t, ['a', 'b', 'c']);
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    balance leastconn
${lines()}
`);
  assert.deepEqual(countByName(await ask(t, 8080, 9)), { a: 3, b: 3, c: 3 });
});

scenario('leastconn counts connections in proportion to the weights', {}, async (t) => {
  const servers = [await t.tcpServer({ name: 'a' }), await t.tcpServer({ name: 'b' })];
  const [a, b] = servers;
  assert.ok(a && b);
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    balance leastconn
    server a ${a.address} weight 10
    server b ${b.address} weight 30
`);
  for (let at = 0; at < 8; at++) {
    const client = await t.connect(8080);
    await client.send('x');
    // The next one is only sent when this one counts.
    await poll(
      () => a.connectionCount + b.connectionCount > at || undefined,
      'the connection to reach a server',
    );
  }
  assert.deepEqual([a.connectionCount, b.connectionCount], [2, 6]);
});

scenario('first fills the first server up to its maxconn', {}, async (t) => {
  const servers = [await t.tcpServer({ name: 'a' }), await t.tcpServer({ name: 'b' })];
  const [a, b] = servers;
  assert.ok(a && b);
  const log = await t.syslog();
  await t.start(`${TCP_DEFAULTS}
    log ${log.address} local0
    option tcplog
listen relay
    bind ${t.ip}:8080
    balance first
    server a ${a.address} maxconn 2
    server b ${b.address} maxconn 2
`);
  const first = await t.connect(8080);
  const firstBack = await a.accept();
  await t.connect(8080);
  await a.accept();
  await t.connect(8080);
  await b.accept();
  first.close();
  await firstBack.ended();
  firstBack.close();
  // The log line says that the session does not count any more.
  await log.line(/ relay\/a /);
  await t.connect(8080);
  await a.accept();
  assert.deepEqual([a.connectionCount, b.connectionCount], [3, 1]);
});

scenario(
  'source sends one address always to the same server, and addresses to different ones',
  {},
  async (t) => {
    const { lines } = await farm(t, ['a', 'b', 'c']);
    await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    balance source
${lines()}
`);
    const chosen: string[] = [];
    for (let last = 1; last <= 9; last++) {
      const names = await ask(t, 8080, 3, { from: `127.9.9.${last}` });
      assert.equal(new Set(names).size, 1);
      chosen.push(names[0] ?? '');
    }
    assert.equal(chosen.join(''), 'cabcabcab');
  },
);

scenario('source moves an address only when its server is gone', {}, async (t) => {
  const { lines } = await farm(t, ['a', 'b', 'c']);
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    balance source
${lines({ b: 'disabled' })}
`);
  const chosen: string[] = [];
  for (let last = 1; last <= 9; last++) chosen.push(...(await ask(t, 8080, 1, { from: `127.9.9.${last}` })));
  assert.equal(chosen.join(''), 'cacacacac');
});

scenario('source with a consistent hash', {}, async (t) => {
  const { lines } = await farm(t, ['a', 'b', 'c']);
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    balance source
    hash-type consistent
${lines()}
`);
  const chosen: string[] = [];
  for (let last = 1; last <= 9; last++) chosen.push(...(await ask(t, 8080, 1, { from: `127.9.9.${last}` })));
  assert.equal(chosen.join(''), 'aaabbcbba');
});

scenario('random spreads over all servers, by weight', {}, async (t) => {
  const { lines } = await farm(t, ['a', 'b']);
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    balance random(1)
${lines({ a: 'weight 10', b: 'weight 30' })}
`);
  const counts = countByName(await ask(t, 8080, 400));
  // 100 are expected of a; five standard deviations are 43.
  const a = counts['a'] ?? 0;
  assert.ok(a > 57 && a < 143, `a got ${a} of 400`);
});

scenario('random of two draws avoids the loaded server', {}, async (t) => {
  const servers = [await t.tcpServer({ name: 'a' }), await t.tcpServer({ name: 'b' })];
  const [a, b] = servers;
  assert.ok(a && b);
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    balance random
    server a ${a.address}
    server b ${b.address}
`);
  for (let at = 0; at < 40; at++) {
    await t.connect(8080);
    await poll(
      () => a.connectionCount + b.connectionCount > at || undefined,
      'the connection to reach a server',
    );
  }
  assert.equal(a.connectionCount + b.connectionCount, 40);
  assert.ok(
    Math.abs(a.connectionCount - b.connectionCount) <= 16,
    `${a.connectionCount} and ${b.connectionCount}`,
  );
});

scenario(
  'the connections of one kept-alive client go round the servers when nothing ties them',
  {},
  async (t) => {
    const { lines } = await farm(t, ['a', 'b', 'c']);
    await t.start(`${HTTP_DEFAULTS}
    option http-server-close
listen web
    bind ${t.ip}:8080
    balance roundrobin
${lines()}
`);
    const client = await t.connect(8080);
    const names: string[] = [];
    for (let at = 0; at < 6; at++) {
      await client.send(get());
      const text = (await client.readUntil(/\r\n\r\n[abc]/)).toString();
      names.push(text.slice(-1));
    }
    assert.equal(names.join(''), 'abcabc');
  },
);
