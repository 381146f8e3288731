// Algorithms that hash a key: thousands of keys find the servers that they find with HAProxy. The digests stand for
// what HAProxy 2.6 chose; with --oracle it is asked again.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS, TCP_DEFAULTS } from '../../harness/config-text.ts';
import { digest, keyFarm, numbers } from '../../harness/key-farm.ts';
import { scenario } from '../../harness/scenario.ts';

const FUNCTIONS = ['sdbm', 'djb2', 'wt6', 'crc32'];
const SERVERS = ['', 'weight 2', 'id 77', 'weight 10 id 300', 'weight 3', 'backup', 'disabled', 'weight 0'];

/** Paths of many lengths, with and without queries. */
function paths(count: number, seed: number): string[] {
  const random = numbers(seed);
  const word = (): string =>
    random(36 ** 6)
      .toString(36)
      .slice(random(4));
  return Array.from({ length: count }, () => {
    const parts = Array.from({ length: 1 + random(4) }, word);
    return `/${parts.join('/')}${random(3) === 0 ? `?q=${word()}/${word()}` : ''}`;
  });
}

const expectedByType: Readonly<Record<string, string>> = {
  'map-based': '4afe5e75429b',
  'map-based sdbm': '4afe5e75429b',
  'map-based sdbm avalanche': 'd5c4b33a8b1c',
  'map-based djb2': 'd7374f9891d3',
  'map-based djb2 avalanche': '428382eb137c',
  'map-based wt6': '4222e2be4fc5',
  'map-based wt6 avalanche': '144fe5849147',
  'map-based crc32': '21d916d5e172',
  'map-based crc32 avalanche': 'b069a5610a38',
  consistent: 'ac995c4cacda',
  'consistent sdbm': '7fdecd71f38f',
  'consistent sdbm avalanche': 'ac995c4cacda',
  'consistent djb2': 'c35b296a0e0a',
  'consistent djb2 avalanche': '679f364bc096',
  'consistent wt6': 'dfa38d500a1a',
  'consistent wt6 avalanche': 'b53e98826d76',
  'consistent crc32': '9825022a0cf9',
  'consistent crc32 avalanche': '550a7a61c111',
};

for (const method of ['map-based', 'consistent']) {
  scenario(`hash-type ${method}: 400 paths by every function find HAProxy's servers`, {}, async (t) => {
    const farm = await keyFarm(t);
    const types = [
      method,
      ...FUNCTIONS.flatMap((name) => [`${method} ${name}`, `${method} ${name} avalanche`]),
    ];
    const sections = types.map(
      (type, at) => `
listen uri${at}
    bind ${t.ip}:${8080 + at}
    balance uri
    hash-type ${type}
${farm.lines(SERVERS)}`,
    );
    await t.start(`${HTTP_DEFAULTS}${sections.join('\n')}\n`);
    const requests = paths(400, 1).map((path) => get(path));
    const found: Record<string, string> = {};
    for (const [at, type] of types.entries()) found[type] = digest(await farm.ask(8080 + at, requests));
    const expected = Object.fromEntries(types.map((type) => [type, expectedByType[type]]));
    assert.deepEqual(found, expected);
  });
}

/** Requests, each with the key that it should have; undefined: none. */
type Keyed = readonly (readonly [request: string, key: string | undefined])[];

/**
 * Each request must go where a header of just its key leads, or, without a key, to the server whose turn it is. With so
 * many servers two keys seldom meet.
 */
function keysOf(title: string, balance: string, keyed: Keyed): void {
  scenario(title, {}, async (t) => {
    const farm = await keyFarm(t);
    const servers = farm.lines(new Array<string>(127).fill(''));
    await t.start(`${HTTP_DEFAULTS}
listen tried
    bind ${t.ip}:8080
    balance ${balance}
    hash-type map-based djb2
${servers}
listen known
    bind ${t.ip}:8081
    balance hdr(key)
    hash-type map-based djb2
${servers}
`);
    const keys = keyed.flatMap(([, key]) => (key === undefined ? [] : [key]));
    const known = await farm.ask(
      8081,
      keys.map((key) => get('/', `Key: ${key}`)),
    );
    let turns = 0;
    const expected = keyed.map(([request, key]) => [
      request,
      key === undefined ? `s${turns++}` : known[keys.indexOf(key)],
    ]);
    const found = await farm.ask(
      8080,
      keyed.map(([request]) => request),
    );
    assert.deepEqual(
      keyed.map(([request], at) => [request, found[at]]),
      expected,
    );
  });
}

const uris = (list: Readonly<Record<string, string>>): Keyed =>
  Object.entries(list).map(([path, key]) => [
    path.startsWith('http') ? get(path).replace('www.example.test', 'x') : get(path),
    key,
  ]);

keysOf(
  'balance uri takes what stands before the question mark',
  'uri',
  uris({
    '/': '/',
    '/?q': '/',
    '/a/b;p=1?x/y': '/a/b;p=1',
    '//a//b': '//a//b',
    'http://x/a?b': 'http://x/a',
  }),
);
keysOf(
  'balance uri whole takes the query too',
  'uri whole',
  uris({ '/?q': '/?q', '/a?b?c/d': '/a?b?c/d', 'http://x/a?b': 'http://x/a?b' }),
);
keysOf(
  'balance uri path-only leaves the authority out',
  'uri path-only',
  uris({ '/a/b': '/a/b', 'http://x/a/b?c': '/a/b' }),
);
keysOf(
  'balance uri len takes that many bytes',
  'uri len 5',
  uris({ '/abcdefgh': '/abcd', '/abc': '/abc', '/a?bcdef': '/a', 'http://x/a': 'http:' }),
);
keysOf(
  'balance uri depth takes that many directories',
  'uri depth 2',
  uris({ '/a': '/a', '/a/b/': '/a/b', '/a/b/c': '/a/b', '//a/b': '//a', 'http://x/a/b': 'http://x' }),
);
keysOf(
  'balance uri stops at len or depth, whichever comes first',
  'uri depth 2 len 6 whole',
  uris({ '/a/b/c': '/a/b', '/abcd/efgh/i': '/abcd/', '/a?b/c/d': '/a?b/c' }),
);

keysOf('balance hdr takes the first value, or turns', 'hdr(X-Key)', [
  [get('/'), undefined],
  [get('/', 'x-key: abc'), 'abc'],
  [get('/', 'X-KEY:   padded  '), 'padded'],
  [get('/', 'X-Key: one', 'X-Key: two'), 'one'],
  [get('/', 'X-Key: one , two'), 'one'],
  [get('/', 'X-Key:'), undefined],
  [get('/', 'X-Key: , two'), undefined],
  [get('/', 'X-Key-2: abc'), undefined],
]);

const domains: Readonly<Record<string, string>> = {
  'www.example.com': 'example',
  'a.b.example.com:8080': 'example',
  'example.com': 'example',
  'www.example.co.uk': 'co',
  localhost: 'localhost',
  '192.0.2.4': '2',
  'www.example.com.': 'com',
  '.com': '.com',
  'a..b': 'a.',
  '.a.b': 'a',
};
keysOf(
  'balance hdr use_domain_only takes the label before the last dot',
  'hdr(Host) use_domain_only',
  Object.entries(domains).map(([host, key]) => [`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`, key]),
);

const post = (body: string, path = '/', method = 'POST'): string =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

for (const modifier of ['', ' check_post', ' check_post 64']) {
  keysOf(
    `balance url_param${modifier} looks into the query and into the body of a POST`,
    `url_param id${modifier}`,
    [
      [get('/'), undefined],
      [get('/?id=abc'), 'abc'],
      [get('/?x=1&id=abc&y=2'), 'abc'],
      [get('/?id=one&id=two'), 'one'],
      [get('/?id'), undefined],
      [get('/?id&id=two'), 'two'],
      [get('/?ID=abc'), undefined],
      [get('/?idx=1&xid=2'), undefined],
      [get('/?x=1;id=2'), undefined],
      [get('/?id=a;b=c'), 'a;b=c'],
      [get('/?x?id=7'), undefined],
      [get('/p;id=3?id=4'), '4'],
      [post('id=abc'), 'abc'],
      [post('x=1&id=abc&y=2'), 'abc'],
      [post('id=body', '/?id=query'), 'query'],
      [post('id=body', '/?x=1'), 'body'],
      [post('xid=1'), undefined],
      [post('id=a b&x'), 'a b'],
      [post('id=body', '/', 'PUT'), undefined],
      [post(`x=${'y'.repeat(5000)}&id=far`), 'far'],
    ],
  );
}

scenario('balance url_param waits for the body of a POST', {}, async (t) => {
  const server = await t.httpServer('ok');
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    balance url_param id
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  await client.send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx=1&i\r\n');
  await client.taken();
  assert.equal(server.connectionCount, 0);
  await client.send('5\r\nd=abc\r\n0\r\n\r\n');
  const request = await server.request();
  assert.equal(request.body.toString(), 'x=1&id=abc');
});

scenario('balance url_param finds a parameter that chunks divide', {}, async (t) => {
  const farm = await keyFarm(t);
  const names = farm.lines(new Array<string>(61).fill(''));
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    balance url_param id
${names}
`);
  const chunked =
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx=1&i\r\n5\r\nd=abc\r\n0\r\n\r\n';
  const [whole] = await farm.ask(8080, [get('/?id=abc')]);
  assert.deepEqual(await farm.ask(8080, [chunked]), [whole]);
});

scenario('balance hash takes what an expression gives', {}, async (t) => {
  const farm = await keyFarm(t);
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080 accept-proxy
    balance hash src,ipmask(24)
    hash-type consistent crc32
${farm.lines(SERVERS)}
`);
  const names: string[] = [];
  for (let net = 0; net < 12; net++) {
    const from = (host: number): string => `PROXY TCP4 192.0.${net}.${host} ${t.ip} 1000 8080\r\n`;
    const [one] = await farm.ask(8080, [get()], from(1));
    assert.deepEqual(await farm.ask(8080, [get()], from(77)), [one]);
    names.push(one ?? '');
  }
  assert.equal(names.join(' '), 's3 s3 s3 s2 s3 s3 s3 s1 s3 s3 s2 s0');
});

// The packet must be there when the server is chosen: it comes together with the PROXY header.
scenario('balance rdp-cookie takes the cookie of the first packet, or turns', {}, async (t) => {
  const servers = await Promise.all(
    ['a', 'b', 'c', 'd', 'e'].map((name) =>
      t.tcpServer({
        name,
        script: async (wire) => {
          await wire.send(name);
          await wire.halfClose();
        },
      }),
    ),
  );
  await t.start(`${TCP_DEFAULTS}
listen rdp
    bind ${t.ip}:8080 accept-proxy
    balance rdp-cookie
${servers.map((server, at) => `    server s${at} ${server.address}`).join('\n')}
`);
  const ask = async (text: string): Promise<string> => {
    const client = await t.connect(8080);
    const packet = Buffer.concat([Buffer.from([3, 0, 0, 33, 28, 0xe0, 0, 0, 0, 0, 0]), Buffer.from(text)]);
    await client.send(Buffer.concat([Buffer.from(`PROXY TCP4 192.0.2.1 ${t.ip} 1000 8080\r\n`), packet]));
    const name = (await client.readToEnd()).toString();
    client.close();
    return name;
  };
  const names: string[] = [];
  for (const text of [
    'Cookie: mstshash=abc\r\n',
    'cookie:MSTSHASH=abc\r\n',
    'Cookie: mstshash=Administrator\r\n',
    'Cookie: mstshash=user@example.com;x\r\n',
    'Cookie: mstshash=abc',
    'Cookie: mstshash=\r\n',
    'Cookie: other=abc\r\n',
    'Cookie: mstshash=abc\r\nmore',
  ]) {
    names.push(await ask(text));
  }
  assert.equal(names.join(''), 'bbadabcb');
});
