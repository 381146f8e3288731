// What each mode of the `cookie` keyword does to Cookie and Set-Cookie, line by line, and what the log tells of it.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { answer } from '../../harness/http-server.ts';
import { parseHttpLog, parseRfc3164 } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';

interface Case {
  /** Lines of the client's Cookie headers; an HTTP method other than GET in front of them. */
  readonly cookies?: readonly string[];
  readonly method?: string;
  /** What the server adds to its answer. */
  readonly answers?: readonly string[];
  readonly status?: number;
  /** Cookie headers that the server sees. */
  readonly forwarded?: readonly string[];
  /** Header lines of the client's response behind content-length. */
  readonly received?: readonly string[];
  /** The last two flags of the termination state. */
  readonly flags: string;
}

interface Farm {
  /** The `cookie` line, and what else belongs to the section. */
  readonly lines: readonly string[];
  /** Behind the address of each server. */
  readonly servers: readonly string[];
}

/** Runs the cases one after the other, each on a connection of its own. */
async function play(t: ScenarioContext, farm: Farm, cases: readonly Case[]): Promise<void> {
  let current: Case = { flags: '' };
  const server = await t.httpServer(() => answer(current.status ?? 200, 'x', current.answers));
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httplog
listen web
    bind ${t.ip}:8080
    ${farm.lines.join('\n    ')}
${farm.servers.map((options, at) => `    server s${at + 1} ${server.address} ${options}`).join('\n')}
`);
  for (const [at, one] of cases.entries()) {
    current = one;
    const cookies = (one.cookies ?? []).map((line) => `Cookie: ${line}`);
    const text = get('/', ...cookies).replace(/^GET/, one.method ?? 'GET');
    const response = await t.request(8080, text);
    const request = await server.request();
    const flags = parseHttpLog(parseRfc3164(await log.line()).message).flags.slice(2);
    assert.deepEqual(
      {
        forwarded: request.headers.filter(([name]) => name === 'cookie').map(([, value]) => value),
        received: response.headers.slice(1).map(([name, value]) => `${name}: ${value}`),
        flags,
      },
      { forwarded: one.forwarded ?? [], received: one.received ?? [], flags: one.flags },
      `case ${at + 1}: ${JSON.stringify(one)}`,
    );
  }
}

const ONE = ['cookie A'];

scenario('insert: given to who has none, and left alone after that', {}, (t) =>
  play(t, { lines: ['cookie S insert'], servers: ONE }, [
    { received: ['set-cookie: S=A; path=/'], flags: 'NI' },
    { cookies: ['S=A'], forwarded: ['S=A'], flags: 'VN' },
    { cookies: ['S=Z'], forwarded: ['S=Z'], received: ['set-cookie: S=A; path=/'], flags: 'II' },
    { cookies: ['S='], forwarded: ['S='], received: ['set-cookie: S=A; path=/'], flags: 'II' },
    { cookies: ['S'], forwarded: ['S'], received: ['set-cookie: S=A; path=/'], flags: 'NI' },
    { cookies: ['s=A'], forwarded: ['s=A'], received: ['set-cookie: S=A; path=/'], flags: 'NI' },
    { cookies: ['S="A"'], forwarded: ['S="A"'], received: ['set-cookie: S=A; path=/'], flags: 'II' },
    { answers: ['Set-Cookie: S=foo; path=/x'], received: ['set-cookie: S=A; path=/'], flags: 'NI' },
    { cookies: ['S=A'], forwarded: ['S=A'], answers: ['Set-Cookie: S=foo'], flags: 'VD' },
    {
      cookies: ['S=A'],
      forwarded: ['S=A'],
      answers: ['Set-Cookie: T=foo', 'Set-Cookie2: S=bar; X=y'],
      received: ['set-cookie: T=foo'],
      flags: 'VD',
    },
    { status: 404, received: ['set-cookie: S=A; path=/'], flags: 'NI' },
  ]),
);

scenario('insert indirect: cut out of the request wherever it stands', {}, (t) =>
  play(t, { lines: ['cookie S insert indirect'], servers: ONE }, [
    { cookies: ['S=A'], flags: 'VN' },
    { cookies: ['a=b; S=A'], forwarded: ['a=b'], flags: 'VN' },
    { cookies: ['S=A;a=b'], forwarded: ['a=b'], flags: 'VN' },
    { cookies: ['a=b;S=A;c=d'], forwarded: ['a=b; c=d'], flags: 'VN' },
    { cookies: ['a=b;  S=A  ;  c=d'], forwarded: ['a=b; c=d'], flags: 'VN' },
    { cookies: ['x=1, S=A; y=2'], forwarded: ['x=1; y=2'], flags: 'VN' },
    { cookies: ['x=1; S=A, y=2'], forwarded: ['x=1, y=2'], flags: 'VN' },
    { cookies: ['x = 1; S = A'], forwarded: ['x=1'], flags: 'VN' },
    { cookies: ['x="a;S=B"; S=A'], forwarded: ['x="a;S=B"'], flags: 'VN' },
    { cookies: ['S=A; x=1; S=B; y=1'], forwarded: ['x=1; y=1'], flags: 'VN' },
    { cookies: ['S=A;;y=1'], forwarded: [';y=1'], flags: 'VN' },
    { cookies: [';S=A;'], flags: 'VN' },
    { cookies: ['x=1; S=Z', 'S=A; y=1'], forwarded: ['x=1', 'y=1'], flags: 'VN' },
    { cookies: ['$Version=1; S=A; $Path=/; k=v'], forwarded: ['$Version=1; k=v'], flags: 'VN' },
    { cookies: ['$Version=1; $Path=/; S=A'], flags: 'VN' },
    { cookies: ['S=A b'], received: ['set-cookie: S=A; path=/'], flags: 'II' },
    { cookies: ['S'], forwarded: ['S'], received: ['set-cookie: S=A; path=/'], flags: 'NI' },
    { answers: ['Set-Cookie: S=foo'], received: ['set-cookie: S=A; path=/'], flags: 'NI' },
  ]),
);

scenario('insert: attributes in their fixed order, and only after a POST', {}, (t) => {
  const line = 'cookie S insert postonly httponly secure attr SameSite=None domain .a.test domain b.test';
  return play(t, { lines: [line], servers: ONE }, [
    { flags: 'NN' },
    {
      method: 'POST',
      received: ['set-cookie: S=A; path=/; domain=.a.test; domain=b.test; HttpOnly; Secure; SameSite=None'],
      flags: 'NI',
    },
    { answers: ['Set-Cookie: S=zz'], flags: 'ND' },
  ]);
});

scenario('insert preserve: the server may set the cookie itself', {}, (t) =>
  play(t, { lines: ['cookie S insert preserve'], servers: ONE }, [
    { received: ['set-cookie: S=A; path=/'], flags: 'NI' },
    { answers: ['Set-Cookie: S=B'], received: ['set-cookie: S=B'], flags: 'NP' },
    {
      cookies: ['S=Z'],
      forwarded: ['S=Z'],
      answers: ['Set-Cookie: T=1', 'Set-Cookie: S='],
      received: ['set-cookie: T=1', 'set-cookie: S='],
      flags: 'IP',
    },
  ]),
);

scenario('insert nocache: what a cache could store is marked private', {}, (t) => {
  const cookie = 'set-cookie: S=A; path=/';
  const marked = [
    ['etag: "x"'],
    ['last-modified: Mon'],
    ['expires: 0'],
    ['cache-control: max-age=3'],
    ['cache-control: public', 'etag: "x"'],
    ['cache-control: private="x"', 'etag: "x"'],
    ['cache-control: no-cache="set-cookie"', 'etag: "x"'],
    ['cache-control: no-store', 'cache-control: public', 'etag: "x"'],
  ];
  const unmarked = [
    [],
    ['cache-control: public'],
    ['cache-control: max-age=0', 'etag: "x"'],
    ['cache-control: private', 'etag: "x"'],
    ['cache-control: Private', 'etag: "x"'],
    ['cache-control: no-cache', 'etag: "x"'],
    ['cache-control: public, no-store', 'etag: "x"'],
    ['pragma: no-cache', 'etag: "x"'],
  ];
  return play(t, { lines: ['cookie S insert indirect nocache'], servers: ONE }, [
    ...marked.map((answers) => ({
      answers,
      received: [...answers, cookie, 'cache-control: private'],
      flags: 'NI',
    })),
    ...unmarked.map((answers) => ({ answers, received: [...answers, cookie], flags: 'NI' })),
    { status: 500, answers: ['etag: "x"'], received: ['etag: "x"', cookie], flags: 'NI' },
    { method: 'POST', answers: ['etag: "x"'], received: ['etag: "x"', cookie], flags: 'NI' },
    { cookies: ['S=A'], answers: ['etag: "x"'], received: ['etag: "x"'], flags: 'VN' },
  ]);
});

scenario('rewrite: the value that the server sets becomes its own name', {}, (t) =>
  play(t, { lines: ['cookie S rewrite nocache'], servers: ONE }, [
    { flags: 'NN' },
    { cookies: ['S=A'], forwarded: ['S=A'], flags: 'VN' },
    { cookies: ['S=Z'], forwarded: ['S=Z'], flags: 'IN' },
    { answers: ['Set-Cookie: S=foo; path=/x'], received: ['set-cookie: S=A; path=/x'], flags: 'NR' },
    { answers: ['Set-Cookie: S = q ; x'], received: ['set-cookie: S=A ; x'], flags: 'NR' },
    { answers: ['Set-Cookie: S='], received: ['set-cookie: S=A'], flags: 'NR' },
    { answers: ['Set-Cookie: S'], received: ['set-cookie: S'], flags: 'NN' },
    { answers: ['Set-Cookie: S="x;y"; z'], received: ['set-cookie: S=A; z'], flags: 'NR' },
    { answers: ['Set-Cookie: x=1; S=2'], received: ['set-cookie: x=1; S=2'], flags: 'NN' },
    {
      answers: ['Set-Cookie: T = 5; x', 'Set-Cookie: S=1', 'X-Last: 1'],
      received: ['set-cookie: T=5; x', 'set-cookie: S=A', 'x-last: 1'],
      flags: 'NR',
    },
    {
      cookies: ['S=A'],
      forwarded: ['S=A'],
      answers: ['ETag: x', 'Set-Cookie: S=1'],
      received: ['etag: x', 'set-cookie: S=A'],
      flags: 'VR',
    },
  ]),
);

scenario('prefix: put in front of the value that the server sets, and taken off again', {}, (t) =>
  play(t, { lines: ['cookie S prefix'], servers: ONE }, [
    { answers: ['Set-Cookie: S=foo; path=/x'], received: ['set-cookie: S=A~foo; path=/x'], flags: 'NR' },
    { answers: ['Set-Cookie: S="q"'], received: ['set-cookie: S=A~"q"'], flags: 'NR' },
    { answers: ['Set-Cookie: S='], received: ['set-cookie: S=A~'], flags: 'NR' },
    { cookies: ['S=A~x'], forwarded: ['S=x'], flags: 'VN' },
    { cookies: ['S=A'], forwarded: ['S=A'], flags: 'VN' },
    { cookies: ['S=A~'], forwarded: ['S='], flags: 'VN' },
    { cookies: ['S=~x'], forwarded: ['S=x'], flags: 'IN' },
    { cookies: ['S=Z~x'], forwarded: ['S=x'], flags: 'IN' },
    { cookies: ['S=A~x~y'], forwarded: ['S=x~y'], flags: 'VN' },
    { cookies: ['y=1; S = A~x ; z=1'], forwarded: ['y=1; S=x ; z=1'], flags: 'VN' },
    { cookies: ['S=Z~1; S=A~2; k=A~4'], forwarded: ['S=1; S=2; k=A~4'], flags: 'VN' },
    {
      cookies: ['S=A~x'],
      forwarded: ['S=x'],
      answers: ['Set-Cookie: S=y'],
      received: ['set-cookie: S=A~y'],
      flags: 'VR',
    },
  ]),
);

scenario(
  'a server without a cookie takes the cookie away, or leaves it to the application',
  {},
  async (t) => {
    const gone = 'set-cookie: S=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/';
    await play(t, { lines: ['cookie S insert indirect'], servers: [''] }, [
      { received: [gone], flags: 'NI' },
      { cookies: ['S=A'], received: [gone], flags: 'II' },
    ]);
  },
);

scenario('rewrite and prefix leave what a server without a cookie sets', {}, (t) =>
  play(t, { lines: ['cookie S rewrite'], servers: [''] }, [
    {
      cookies: ['S=A'],
      forwarded: ['S=A'],
      answers: ['Set-Cookie: S=1'],
      received: ['set-cookie: S=1'],
      flags: 'IP',
    },
  ]),
);

scenario('without a cookie line nothing is looked at', {}, (t) =>
  play(t, { lines: [], servers: ONE }, [
    {
      cookies: ['S = A'],
      forwarded: ['S = A'],
      answers: ['Set-Cookie: S = 1'],
      received: ['set-cookie: S = 1'],
      flags: '--',
    },
  ]),
);
