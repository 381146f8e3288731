// use-server: which server a rule leads to, how it goes together with cookies, and what becomes of servers that are down,
// full or gone.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS, httpLoggedTo, TCP_DEFAULTS } from '../../harness/config-text.ts';
import { ask, farm } from '../../harness/farm.ts';
import { HeldFarm } from '../../harness/held-farm.ts';
import { parseHttpLog, parseRfc3164 } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';
import { visit, visitScenario } from '../../harness/visits.ts';

const COOKIE = 'cookie S insert indirect';
const to = (name: string): { readonly headers: readonly string[] } => ({ headers: [`X: ${name}`] });

visitScenario(
  'use-server: the first rule that holds counts, weight 0 or not; one whose server is down is passed over',
  ['use-server b if { hdr(x) b }', 'use-server c if { hdr(x) b c }', 'use-server a unless { hdr(x) z }'],
  { a: '', b: 'disabled', c: 'weight 0', d: '' },
  [
    { ...to('b'), server: 'c', flags: '----' },
    { ...to('c'), server: 'c', flags: '----' },
    { server: 'a', flags: '----' },
    { server: 'a', flags: '----' },
    { ...to('z'), server: 'a', flags: '----' },
    { ...to('z'), server: 'd', flags: '----' },
  ],
);

for (const [how, lines, headers] of [
  ['option persist', ['option persist'], []],
  ['force-persist', ['force-persist if { hdr(f) 1 }'], ['F: 1']],
] as const) {
  visitScenario(
    `use-server with ${how}: even when the server is down`,
    [...lines, 'use-server b if { hdr(x) b }'],
    { a: '', b: 'disabled' },
    [
      { headers: ['X: b', ...headers], server: 'b', flags: '----' },
      { headers, server: 'a', flags: '----' },
    ],
  );
}

visitScenario(
  'use-server with a format: a name that no server has ends the search, a server that is down does not',
  ['use-server %[hdr(x)] if { hdr(x) -m found }', 'use-server c if TRUE'],
  { a: '', b: 'disabled', c: 'weight 0' },
  [
    { ...to('a'), server: 'a', flags: '----' },
    { ...to('c'), server: 'c', flags: '----' },
    { ...to('b'), server: 'c', flags: '----' },
    { ...to('none'), server: 'a', flags: '----' },
    { ...to(''), server: 'a', flags: '----' },
    { server: 'c', flags: '----' },
  ],
);

visitScenario(
  'use-server goes before the cookie, which is marked unused, and no other one is set',
  [COOKIE, 'use-server a if { hdr(x) a }', 'use-server b if { hdr(x) b }', 'use-server c if { hdr(x) c }'],
  { a: 'cookie A', b: 'cookie B disabled', c: 'cookie C weight 0' },
  [
    { ...to('c'), cookie: 'S=A', server: 'c', flags: '--UN' },
    { ...to('c'), cookie: 'S=C', server: 'c', flags: '--UN' },
    { ...to('c'), cookie: 'S=Z', server: 'c', flags: '--UN' },
    { ...to('c'), cookie: 'S=', server: 'c', flags: '--UN' },
    { ...to('c'), server: 'c', flags: '--NN' },
    { ...to('b'), cookie: 'S=C', server: 'c', flags: '--VN' },
    { ...to('b'), cookie: 'S=B', server: 'a', setCookie: 'S=A; path=/', flags: '--DI' },
  ],
);

scenario('use-server: cookies are hidden and stripped nevertheless', {}, async (t) => {
  const servers = await farm(t, ['a', 'b']);
  await t.start(`${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
    use_backend prefix if { path /prefix }
    default_backend insert
backend insert
    cookie S insert indirect
    use-server b if TRUE
${servers.lines({ a: 'cookie A', b: 'cookie B' })}
backend prefix
    cookie S prefix
    use-server b if TRUE
${servers.lines({ a: 'cookie A', b: 'cookie B' })}
`);
  assert.equal((await t.request(8080, get('/', 'Cookie: S=A; x=y'))).text, 'b');
  assert.equal((await t.request(8080, get('/prefix', 'Cookie: S=A~own; x=y'))).text, 'b');
  const sent = servers.server('b').requests.map((request) => request.header('cookie'));
  assert.deepEqual(sent, ['x=y', 'S=own; x=y']);
});

scenario('use-server: a server that refuses is left by a redispatch, and a cookie set', {}, async (t) => {
  const addresses = { d: await t.refusingAddress() };
  await visit(
    t,
    [COOKIE, 'option redispatch', 'ignore-persist if { hdr(i) 1 }', 'use-server d if { hdr(x) d }'],
    { a: 'cookie A', d: 'cookie D weight 0' },
    [
      { ...to('d'), server: 'a', setCookie: 'S=A; path=/', flags: '--NI', retries: '+1' },
      { ...to('d'), cookie: 'S=D', server: 'a', setCookie: 'S=A; path=/', flags: '--UI', retries: '+1' },
      { headers: ['X: d', 'I: 1'], server: 'a', flags: '--NN', retries: '+1' },
    ],
    { addresses },
  );
});

scenario('use-server: without redispatch the error is the client’s', {}, async (t) => {
  const addresses = { d: await t.refusingAddress() };
  const visits = [{ ...to('d'), status: 503, flags: 'SC--', retries: '1' }];
  await visit(t, ['use-server d if { hdr(x) d }'], { a: '', d: '' }, visits, { addresses });
});

for (const [title, option, force, expected] of [
  ['a full queue is SQ', '', '', 'SQ--'],
  ['with redispatch who finds a full queue goes elsewhere', 'option redispatch', '', '---- b +0'],
  ['force-persist: not even then', 'option redispatch', 'force-persist if TRUE', 'SQ--'],
] as const) {
  scenario(`use-server: ${title}`, {}, async (t) => {
    const held = await HeldFarm.of(t, ['a', 'b']);
    const log = await t.syslog();
    await t.start(`${httpLoggedTo(log.address)}
listen web
    bind ${t.ip}:8080
    ${option}
    ${force}
    use-server a if TRUE
    server a ${held.address('a')} maxconn 1 maxqueue 1
    server b ${held.address('b')}
${held.statistics}`);
    await held.ask('/1');
    await held.came(1);
    await held.ask('/2');
    const third = await held.send(8080, '/3');
    if (expected === 'SQ--') assert.match((await third.readToEnd()).toString(), /^HTTP\/1\.1 503 /);
    else await held.answer('/3');
    const line = parseHttpLog(parseRfc3164(await log.line('GET /3 ')).message);
    const where = line.redispatched ? ` ${line.server} +${line.retries}` : '';
    assert.equal(`${line.flags}${where}`, expected);
    await held.answer('/1');
    await held.answer('/2');
  });
}

scenario('use-server in TCP: what the client says decides', {}, async (t) => {
  const greeting = (name: string) => ({
    name,
    script: (wire: { send(text: string): Promise<void> }) => wire.send(name),
  });
  const a = await t.tcpServer(greeting('a'));
  const b = await t.tcpServer(greeting('b'));
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    tcp-request inspect-delay 5s
    tcp-request content accept if { req.len gt 0 }
    use-server b if { req.payload(0,1) -m str B }
    use-server %[req.payload(0,1)] if { req.payload(0,1) -m reg [a-z] }
    server a ${a.address}
    server b ${b.address} weight 0
`);
  for (const [said, server] of [
    ['B', 'b'],
    ['b', 'b'],
    ['a', 'a'],
    ['z', 'a'],
    ['Z', 'a'],
  ] as const) {
    const wire = await t.connect(8080);
    await wire.send(said);
    assert.equal((await wire.read(1)).toString(), server, said);
    wire.close();
  }
});

scenario('use-server sees what the backend’s rules have made of the request', {}, async (t) => {
  const servers = await farm(t, ['a', 'b']);
  await t.start(`${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
    default_backend farm
backend farm
    http-request set-header X b
    redirect location /elsewhere if { hdr(r) 1 }
    use-server b if { hdr(x) b }
${servers.lines()}
`);
  assert.deepEqual(await ask(t, 8080, 2), ['b', 'b']);
  assert.equal((await t.request(8080, get('/', 'R: 1'))).status, 302);
});
