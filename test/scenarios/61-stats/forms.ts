// The forms of the statistics, and what is left out of them: words behind the page's prefix as HAProxy takes them.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import { scenario } from '../../harness/scenario.ts';

interface JsonValue {
  readonly objType: string;
  readonly proxyId: number;
  readonly id: number;
  readonly field: { readonly pos: number; readonly name: string };
  readonly tags: Readonly<Record<'origin' | 'nature' | 'scope', string>>;
  readonly value: { readonly type: string; readonly value: string | number };
}

const LETTERS: Readonly<Record<string, string>> = {
  Frontend: 'F',
  Backend: 'B',
  Server: 'S',
  Listener: 'L',
  Key: 'K',
  Metric: 'M',
  Status: 'S',
  Config: 'C',
  Name: 'N',
  Gauge: 'G',
  Limit: 'L',
  Max: 'M',
  Rate: 'R',
  Counter: 'C',
  Duration: 'D',
  Age: 'A',
  Output: 'O',
  Avg: 'a',
  Process: 'P',
  Service: 'S',
};

scenario('typed, JSON and CSV tell the same', {}, async (t) => {
  const server = await t.httpServer('x');
  await t.start(`${HTTP_DEFAULTS}
frontend page
    bind ${t.ip}:8081
    stats uri /s
    stats show-legends
listen web
    bind ${t.ip}:8080 name first
    option socket-stats
    cookie C insert
    server one ${server.address} weight 7 cookie a,b maxqueue 5
    server two ${server.address} backup disabled
`);
  await t.request(8080, get());
  // One connection for all: the page's own proxy counts connections too.
  const ask = async (words: string): Promise<{ text: string; type: string }> => {
    const response = await t.request(8081, get(`/s;${words};scope=web`));
    assert.equal(response.status, 200);
    return { text: response.text, type: response.header('content-type') ?? '' };
  };
  const typed = await ask('typed');
  const json = await ask('json');
  const csv = await ask('csv');
  const schema = await ask('json-schema');
  assert.deepEqual(
    [typed.type, json.type, csv.type, schema.type],
    ['text/plain', 'application/json', 'text/plain', 'application/json'],
  );
  // Times go on between the requests.
  const ages = /\.(lastchg|lastsess|downtime|rate|conn_rate|req_rate)\.1:/;
  const lines = typed.text.split('\n').filter((line) => line !== '' && !ages.test(line));
  const objects = JSON.parse(json.text) as JsonValue[][];
  const told = objects.flat().map(({ objType, proxyId, id, field, tags, value }) => {
    const letters = [tags.origin, tags.nature, tags.scope].map((word) => LETTERS[word]).join('');
    const object = `${LETTERS[objType]}.${proxyId}.${id}.${field.pos}.${field.name}.1`;
    return `${object}:${letters}:${value.type}:${value.value}`;
  });
  assert.deepEqual(
    told.filter((line) => !ages.test(line)),
    lines,
  );
  assert.deepEqual(
    objects.map(([first]) => first?.objType),
    ['Frontend', 'Listener', 'Server', 'Server', 'Backend'],
  );
  const [header = '', , , one = ''] = csv.text.split('\n');
  const typedNames = new Set(lines.map((line) => line.split('.')[4]));
  for (const name of typedNames)
    assert.ok(
      header
        .slice(2)
        .split(',')
        .includes(name ?? ''),
      name,
    );
  assert.match(one, /^web,one,.*,"a,b",http,/);
  const { definitions } = JSON.parse(schema.text) as { definitions: object };
  assert.deepEqual(Object.keys(definitions), ['field', 'processNum', 'tags', 'typedValue']);
});

scenario('words behind the prefix: wherever they stand, and whatever follows', {}, async (t) => {
  const server = await t.httpServer('x');
  await t.start(`${HTTP_DEFAULTS}
frontend page
    bind ${t.ip}:8081
    stats uri /s
backend back-1
    server up ${server.address}
    server off ${server.address} disabled
backend back.2
    server up ${server.address}
`);
  const names = async (target: string): Promise<string> => {
    const lines = (await t.request(8081, get(target))).text.trimEnd().split('\n').slice(1);
    return lines.map((line) => line.split(',').slice(0, 2).join('/')).join(' ');
  };
  const page = 'page/FRONTEND';
  const first = 'back-1/up back-1/off back-1/BACKEND';
  const second = 'back.2/up back.2/BACKEND';
  const all = `${page} ${first} ${second}`;
  const cases: readonly (readonly [target: string, shown: string])[] = [
    ['/s;csv', all],
    ['/s/anything;csvish', all],
    ['/s;nothing;csv;known', all],
    ['/s;csv;scope=back', `${first} ${second}`],
    ['/s?scope=back-1;csv', first],
    ['/s;csv;scope=BACK.2', second],
    ['/s;csv;scope=back&x', `${first} ${second}`],
    ['/s;csv;anyscope=.2', second],
    ['/s;csv;scope=nobody', ''],
    ['/s;csv;scope=', all],
    // With a character that no name has it is no scope.
    ['/s;csv;scope=back%2d', all],
    ['/s;csv;scope=<script>', all],
    ['/s;csv;up', all.replace('back-1/off ', '')],
    ['/s;csv;no-maint', all.replace('back-1/off ', '')],
    ['/s;csv;xup', all],
  ];
  for (const [target, shown] of cases) assert.equal(await names(target), shown, target);
  const html = (await t.request(8081, get('/s;scope=<script>'))).text;
  assert.doesNotMatch(html, /<script>/);
  const messages = {
    DONE: 'processed',
    NONE: 'Nothing',
    PART: 'partially',
    ERRP: 'invalid',
    DENY: 'denied',
    UNKN: 'Unexpected',
  };
  for (const [word, message] of Object.entries(messages))
    assert.ok((await t.request(8081, get(`/s;st=${word}`))).text.includes(message), word);
  for (const [method, status] of [
    ['PUT', 503],
    ['OPTIONS', 503],
    ['HEAD', 200],
  ] as const) {
    const response = await t.request(8081, `${method} /s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`);
    assert.equal(response.status, status, method);
  }
});
