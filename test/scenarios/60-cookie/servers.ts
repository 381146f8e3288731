// Which server a cookie leads to: down, shared, backup, draining and unreachable ones; dates; dynamic cookies.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import { scenario } from '../../harness/scenario.ts';
import { visit } from '../../harness/visits.ts';

scenario('the cookie of a server that is down leads to another one', {}, (t) =>
  visit(t, ['cookie S insert indirect'], { a: 'cookie A disabled', b: 'cookie B' }, [
    { cookie: 'S=A', server: 'b', setCookie: 'S=B; path=/', flags: '--DI' },
    { cookie: 'S=B', server: 'b', flags: '--VN' },
    { cookie: 'S=A; S=B', server: 'b', flags: '--VN' },
    { cookie: 'S=Z; S=A', server: 'b', setCookie: 'S=B; path=/', flags: '--DI' },
    { cookie: 'S=A; S=Z', server: 'b', setCookie: 'S=B; path=/', flags: '--DI' },
  ]),
);

scenario('option persist: even when it is down', {}, (t) =>
  visit(t, ['cookie S insert indirect', 'option persist'], { a: 'cookie A disabled', b: 'cookie B' }, [
    { cookie: 'S=A', server: 'a', flags: '--DN' },
    { cookie: 'S=Z', server: 'b', setCookie: 'S=B; path=/', flags: '--II' },
  ]),
);

scenario('a backup server that shares the cookie takes over', {}, (t) =>
  visit(t, ['cookie S insert indirect'], { a: 'cookie A disabled', b: 'cookie B', a2: 'cookie A backup' }, [
    { cookie: 'S=A', server: 'a2', flags: '--VN' },
    { cookie: 'S=B', server: 'b', flags: '--VN' },
    { server: 'b', setCookie: 'S=B; path=/', flags: '--NI' },
  ]),
);

scenario('a server of weight 0 keeps its clients and gets no new ones', {}, (t) =>
  visit(t, ['cookie S insert indirect'], { a: 'cookie A weight 0', b: 'cookie B' }, [
    { cookie: 'S=A', server: 'a', flags: '--VN' },
    { server: 'b', setCookie: 'S=B; path=/', flags: '--NI' },
    { server: 'b', setCookie: 'S=B; path=/', flags: '--NI' },
  ]),
);

scenario('no server at all', {}, (t) =>
  visit(t, ['cookie S insert indirect'], { a: 'cookie A disabled' }, [
    { cookie: 'S=A', status: 503, flags: 'SCDN' },
    { status: 503, flags: 'SCNN' },
    { cookie: 'S=Z', status: 503, flags: 'SCIN' },
  ]),
);

scenario('redispatch: a server that refuses is left, and a new cookie set', {}, async (t) =>
  visit(
    t,
    ['cookie S insert indirect', 'option redispatch 1', 'retries 1'],
    { a: 'cookie A', b: 'cookie B' },
    [{ cookie: 'S=A', server: 'b', setCookie: 'S=B; path=/', flags: '--DI' }],
    { addresses: { a: await t.refusingAddress() } },
  ),
);

scenario('no redispatch: who has the cookie gets the error', {}, async (t) =>
  visit(
    t,
    ['cookie S insert indirect', 'no option redispatch', 'retries 0'],
    { a: 'cookie A', b: 'cookie B' },
    [{ cookie: 'S=A', status: 503, flags: 'SCVN' }],
    { addresses: { a: await t.refusingAddress() } },
  ),
);

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** A date as it stands in a cookie, this many seconds from now. */
function date(offsetS: number): string {
  const units = Math.floor((Date.now() / 1000 + offsetS) / 4);
  return [24, 18, 12, 6, 0].map((shift) => ALPHABET[Math.floor(units / 2 ** shift) % 64]).join('');
}

scenario('maxidle: the date is checked and brought up to date', {}, (t) =>
  visit(t, ['cookie S insert indirect maxidle 100'], { a: 'cookie A' }, [
    { setCookie: /^S=A\|[\w+/]{5}; path=\/$/, flags: '--NI' },
    { cookie: 'S=A', setCookie: /^S=A\|[\w+/]{5}; path=\/$/, flags: '--VU' },
    { cookie: `S=A|${date(-50)}`, setCookie: /^S=A\|[\w+/]{5}; path=\/$/, flags: '--VU' },
    { cookie: `S=A|${date(-200)}`, setCookie: /^S=A\|[\w+/]{5}; path=\/$/, flags: '--EI' },
    { cookie: `S=A|${date(3600)}`, flags: '--VN' },
    { cookie: `S=A|${date(100_000)}`, setCookie: /^S=A\|/, flags: '--EI' },
    { cookie: 'S=A|xx', setCookie: /^S=A\|/, flags: '--VU' },
    { cookie: `S=Z|${date(0)}`, setCookie: /^S=A\|/, flags: '--II' },
  ]),
);

scenario('maxlife: the first visit counts, and its date stays', {}, async (t) => {
  const first = date(-500);
  await visit(t, ['cookie S insert indirect maxlife 1000'], { a: 'cookie A' }, [
    { setCookie: /^S=A\|([\w+/]{5})\|\1; path=\/$/, flags: '--NI' },
    { cookie: 'S=A', setCookie: /^S=A\|([\w+/]{5})\|\1; path=\/$/, flags: '--VU' },
    {
      cookie: `S=A|${date(-50)}|${first}`,
      setCookie: new RegExp(`^S=A\\|[\\w+/]{5}\\|${first.replace(/[+]/g, '\\+')}; path=/$`),
      flags: '--VU',
    },
    { cookie: `S=A||${first}`, flags: '--VN' },
    { cookie: `S=A|${date(0)}|${date(-2000)}`, setCookie: /^S=A\|([\w+/]{5})\|\1;/, flags: '--OI' },
    { cookie: `S=A|${date(0)}|${date(100_000)}`, setCookie: /^S=A\|/, flags: '--OI' },
  ]);
});

scenario('dates that nobody asked for are taken off', {}, (t) =>
  visit(t, ['cookie S insert indirect'], { a: 'cookie A' }, [
    { cookie: `S=A|${date(-50)}`, setCookie: 'S=A; path=/', flags: '--VU' },
    { cookie: `S=A||${date(-50)}`, setCookie: 'S=A; path=/', flags: '--VU' },
    { cookie: 'S=A|', flags: '--VN' },
    { cookie: `S=A|${date(3600)}`, flags: '--VN' },
  ]),
);

scenario('dynamic: a value from the secret and the address, accepted when it comes back', {}, async (t) => {
  const server = await t.httpServer('a');
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    cookie S insert indirect dynamic
    dynamic-cookie-key secret
    server a ${server.address}
    server fixed ${server.address} cookie F disabled
`);
  const set = (await t.request(8080, get())).header('set-cookie') ?? '';
  assert.match(set, /^S=[0-9a-f]{16}; path=\/$/);
  const again = await t.request(8080, get('/', `Cookie: ${set.split(';')[0]}`));
  assert.equal(again.header('set-cookie'), undefined);
  assert.equal((await t.request(8080, get('/', 'Cookie: S=F'))).header('set-cookie'), set);
});
