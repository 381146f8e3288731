// The form of the statistics page: who may use it, how its parameters are read, and what each action does to which server.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { findCommand } from '../../harness/program.ts';
import { scenario } from '../../harness/scenario.ts';
import { poll } from '../../harness/waiting.ts';

/** Posts a form and returns where the visitor is sent to. */
async function post(
  t: ScenarioContext,
  body: string,
  target = '/s',
  host = t.ip,
  ...headers: string[]
): Promise<string> {
  const head = [`POST ${target} HTTP/1.1`, 'Host: www.example.test', ...headers].join('\r\n');
  const response = await t.request(
    { host, port: 8081 },
    `${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  assert.equal(response.status, 303, response.text);
  return response.header('location') ?? '';
}

async function field(t: ScenarioContext, server: string, name: string, host = t.ip): Promise<string> {
  const text = (await t.request({ host, port: 8081 }, get('/s;csv'))).text;
  const [header = '', ...lines] = text.split('\n');
  const at = header.slice(2).split(',').indexOf(name);
  return lines.find((line) => line.startsWith(`back,${server},`))?.split(',')[at] ?? 'no line';
}

const FARM = (ip: string, server: string): string => `
${HTTP_DEFAULTS}
    timeout http-request 5s
frontend stats
    bind ${ip}:8081
    stats uri /s
    stats admin if TRUE
backend back
    server plain ${server}
    server checked ${server} check inter 1h
    server tracking ${server} track checked
    server off ${server} disabled check inter 1h
`;

scenario('parameters of the form, and what becomes of wrong ones', {}, async (t) => {
  const server = await t.httpServer('x');
  await t.start(FARM(t.ip, server.address));
  const outcomes: readonly (readonly [body: string, outcome: string])[] = [
    ['s=plain&action=ready&b=back', 'DONE'],
    ['s=plain&action=ready&b=#2', 'DONE'],
    ['s=plain&action=ready&b=%232', 'DONE'],
    ['b=back&action=ready&s=plain', 'DONE'],
    ['s=%70lain&action=ready&b=back&', 'DONE'],
    ['&&s=plain&action=ready&b=back&x=y', 'DONE'],
    ['s=plain&s=plain&action=ready&b=back', 'DONE'],
    ['s=plain&s=nobody&action=ready&b=back', 'PART'],
    ['s=nobody&action=ready&b=back', 'ERRP'],
    ['s=plain&action=bogus&b=back', 'ERRP'],
    ['s=plain&action=READY&b=back', 'ERRP'],
    ['s=plain&action=&b=back', 'ERRP'],
    ['s=plain&action=ready&b=nobody', 'ERRP'],
    ['s=plain&action=ready&b=stats', 'ERRP'],
    ['s=plain&action=ready&b=#99', 'ERRP'],
    ['s=plain+&action=ready&b=back', 'ERRP'],
    ['s&action=ready&b=back', 'ERRP'],
    ['s=&action=ready&b=back', 'ERRP'],
    // Of several the last one counts.
    ['b=back&b=nobody&s=plain&action=ready', 'ERRP'],
    ['b=nobody&b=back&s=plain&action=ready', 'DONE'],
    ['action=bogus&action=ready&s=plain&b=back', 'DONE'],
    ['action=ready&action=bogus&s=plain&b=back', 'ERRP'],
    ['', 'NONE'],
    ['s=plain', 'NONE'],
    ['b=back', 'NONE'],
    ['s=plain&action=ready', 'NONE'],
    ['action=ready&b=back', 'NONE'],
    ['s=plain;action=ready;b=back', 'NONE'],
    ['s=plain%zz&action=ready&b=back', 'NONE'],
    [`s=plain&action=ready&b=back&${'x'.repeat(8000)}`, 'ERRP'],
    [`s=plain&action=ready&b=back&${'x'.repeat(17_000)}`, 'EXCD'],
  ];
  for (const [body, outcome] of outcomes)
    assert.equal(await post(t, body), `/s;st=${outcome}`, body.slice(0, 100));
  const chunked = 'POST /s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
  const response = await t.request(8081, `${chunked}7\r\ns=plain\r\n14\r\n&action=maint&b=back\r\n0\r\n\r\n`);
  assert.equal(response.header('location'), '/s;st=DONE');
  assert.equal(await field(t, 'plain', 'status'), 'MAINT');
});

scenario('the way back keeps what the page was asked for', {}, async (t) => {
  await t.start(FARM(t.ip, await t.refusingAddress()));
  const good = 's=plain&action=ready&b=back';
  assert.equal(await post(t, good, '/s;up;scope=ba;csv;no-maint;st=NONE'), '/s;st=DONE;up?scope=ba');
  assert.equal(await post(t, good, '/s;scope=<'), '/s;st=DONE');
  const page = await t.request(8081, get('/s;st=PART;up?scope=ba'));
  assert.match(page.text, /Action partially processed/);
  assert.match(page.text, /<a [^>]*href="\/s;up\?scope=ba"/);
});

scenario('without stats admin, or where it does not hold, actions are denied', {}, async (t) => {
  const server = await t.httpServer('x');
  await t.start(`${HTTP_DEFAULTS}
frontend some
    bind ${t.ip}:8081
    acl boss hdr(x-user) boss
    stats uri /s
    stats admin if boss LOCALHOST
frontend none
    bind ${t.ip}:8082
    stats uri /s
backend back
    server plain ${server.address}
`);
  const order = 's=plain&action=maint&b=back';
  assert.equal(await post(t, order), '/s;st=DENY');
  assert.equal(await field(t, 'plain', 'status'), 'no check');
  assert.doesNotMatch((await t.request(8081, get('/s'))).text, /<form method="?post/);
  assert.match((await t.request(8081, get('/s', 'X-User: boss'))).text, /<form method="?post/);
  assert.equal(await post(t, order, '/s', t.ip, 'X-User: boss'), '/s;st=DONE');
  assert.equal(await field(t, 'plain', 'status'), 'MAINT');
  const other = await t.request(8082, `POST /s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`);
  assert.equal(other.header('location'), '/s;st=DENY');
});

scenario('a form that does not come in time gets 408, and its client may leave', {}, async (t) => {
  await t.start(FARM(t.ip, await t.refusingAddress()).replace('http-request 5s', 'http-request 300ms'));
  const half = 'POST /s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\ns=plain';
  assert.equal((await t.request(8081, half)).status, 408);
  const leaving = await t.connect(8081);
  await leaving.send(half);
  leaving.close();
  assert.equal(await post(t, 's=plain&action=drain&b=back'), '/s;st=DONE');
  assert.equal(await field(t, 'plain', 'status'), 'DRAIN');
});

scenario('shutdown ends the sessions of a server and of no other', {}, async (t) => {
  const silent = await t.tcpServer();
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
frontend stats
    bind ${t.ip}:8081
    stats uri /s
    stats admin if TRUE
frontend web
    bind ${t.ip}:8080
    log global
    option httplog
    default_backend back
backend back
    balance roundrobin
    server one ${silent.address}
    server two ${silent.address}
`);
  const clients = [await t.connect(8080), await t.connect(8080)];
  for (const client of clients) await client.send(get('/'));
  for (const server of ['one', 'two'])
    await poll(
      async () => ((await field(t, server, 'scur')) === '1' ? true : undefined),
      `${server} to serve`,
    );
  assert.equal(await post(t, 's=one&action=shutdown&b=back'), '/s;st=DONE');
  assert.match(await log.line(), / back\/one .* K[CDH]-- /);
  assert.equal(await field(t, 'two', 'scur'), '1');
  for (const client of clients) client.close();
});

const ACTIONS =
  'ready maint maint ready drain drain ready dhlth dhlth ehlth hnolb hnolb hdown hdown hrunn hrunn adown arunn dagent eagent shutdown hdown maint ready hrunn drain maint ready hdown drain ready hrunn'.split(
    ' ',
  );

scenario(
  'every action does to every kind of server what the real program does',
  { needs: ['haproxy'] },
  async (t) => {
    const server = await t.httpServer('x');
    const real = t.address();
    const programs = [
      { ip: t.ip, program: await t.start(FARM(t.ip, server.address)) },
      {
        ip: real,
        program: await t.start(FARM(real, server.address), { path: findCommand('haproxy') as string }),
      },
    ] as const;
    for (const { ip } of programs)
      await poll(
        async () => ((await field(t, 'checked', 'check_status', ip)) === 'L4OK' ? true : undefined),
        'the first check',
      );
    for (const name of ['plain', 'checked', 'tracking', 'off']) {
      for (const action of ACTIONS) {
        const told: string[] = [];
        for (const { ip } of programs) {
          const outcome = await post(t, `s=${name}&action=${action}&b=back`, '/s', ip);
          const fields: string[] = [outcome];
          for (const other of ['plain', 'checked', 'tracking', 'off', 'BACKEND'])
            for (const which of ['status', 'check_health', 'chkdown', 'weight', 'act'])
              fields.push(`${other} ${which} ${await field(t, other, which, ip)}`);
          told.push(fields.join('\n'));
        }
        assert.equal(told[0], told[1], `${name} ${action}`);
      }
    }
    // What was said of it all.
    const [ours, theirs] = programs.map(({ program }) =>
      program.stderr.lines
        .filter((line) => line.includes('Server back/'))
        .map((line) => line.replace(/\(\d+\)/, '')),
    );
    assert.deepEqual(ours, theirs);
  },
);

scenario('stats http-request: rules for the page; not beside stats auth', {}, async (t) => {
  await t.start(`${HTTP_DEFAULTS}
frontend page
    bind ${t.ip}:8081
    stats uri /s
    stats http-request allow if { hdr(x-user) boss }
    stats http-request set-header X-Never-Mind 1
`);
  const wire = await t.connect(8081);
  assert.equal((await exchange(wire, get('/s;csv'))).status, 200);
  for (const other of ['stats auth a:b', 'stats realm x']) {
    const result = await t.check(`${HTTP_DEFAULTS}
frontend page
    bind ${t.ip}:8081
    stats http-request allow
    ${other}
`);
    assert.equal(result.status, 1);
    assert.match(
      result.stderr,
      /proxy 'page': stats 'auth'\/'realm' and 'http-request' can't be used at the same time\./,
    );
  }
  const misplaced = await t.check(`${HTTP_DEFAULTS}
    stats http-request allow
frontend page
    bind ${t.ip}:8081
`);
  assert.match(misplaced.stderr, /'stats' not allowed in 'defaults' section\./);
});
