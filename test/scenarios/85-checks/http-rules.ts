// `option httpchk` and `http-check`: the bytes that are sent, and what answers mean.

import assert from 'node:assert/strict';
import { type CheckCase, FIN, playChecks, RESET, type Step } from '../../harness/check-table.ts';
import { scenario } from '../../harness/scenario.ts';

const HTTP = 'option httpchk';
const TCP_OPTION = 'option tcp-check';
/** Of `OPTIONS / HTTP/1.0`. */
const REQUEST_BYTES = 22;
const PASSED = 'succeeded, reason: Layer7 check passed, code: 200';

function l7sts(code: number, info: string): string {
  return `failed, reason: Layer7 wrong status, code: ${code}, info: "${info}"`;
}

function l7rsp(info: string): string {
  return `failed, reason: Layer7 invalid response${info === '' ? '' : `, info: "${info}"`}`;
}

function answer(status: string, headers = '', body = ''): Step[] {
  return [REQUEST_BYTES, `HTTP/1.1 ${status}\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`];
}

function expecting(name: string, rule: string, server: readonly Step[], result: string): CheckCase {
  return { name, rules: [HTTP, `http-check expect ${rule}`], server, result };
}

scenario('http-check expect: statuses and bodies', {}, async (t) => {
  const ok = answer('200 OK');
  const hello = answer('200 OK', '', 'hello world');
  await playChecks(t, [
    expecting('status', 'status 100,200-299', ok, PASSED),
    expecting('status-not', 'status 201 comment cc', ok, l7sts(200, 'OK comment: cc')),
    expecting('status-unwanted', '! status 200', ok, l7sts(200, 'OK')),
    expecting('rstatus', 'rstatus ^2', ok, PASSED),
    expecting('rstatus-unwanted', '! rstatus ^[45]', answer('503 Out of order'), l7sts(503, 'Out of order')),
    expecting('string', 'string world', hello, PASSED),
    expecting(
      'string-not',
      'string mars comment cc',
      hello,
      l7rsp('HTTP content check did not match comment: cc'),
    ),
    expecting('string-unwanted', '! string hell', hello, l7rsp('HTTP check matched unwanted content')),
    expecting('rstring', 'rstring w.r[lm]d$', hello, PASSED),
    expecting('no-body', '! string x', ok, l7rsp('HTTP content check could not find a response body')),
    expecting(
      'chunked',
      'string hello',
      [
        REQUEST_BYTES,
        'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n',
      ],
      PASSED,
    ),
    expecting(
      'min-recv',
      'min-recv 2 string zz',
      [REQUEST_BYTES, 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'],
      l7rsp('HTTP content check did not match'),
    ),
    {
      name: 'several',
      rules: [
        HTTP,
        ...['status 200', 'string hello', '! string world'].map((rule) => `http-check expect ${rule}`),
      ],
      server: hello,
      result: l7rsp('HTTP check matched unwanted content'),
    },
    expecting(
      'ok-status',
      'ok-status L7OKC on-success fine status 200',
      ok,
      'conditionally succeeded, reason: Layer7 check conditionally passed, code: 200, info: "fine"',
    ),
    expecting('error-status', 'error-status L7RSP on-error bad status 201', ok, l7rsp('bad')),
    {
      name: 'default',
      rules: [HTTP, 'http-check comment cc'],
      server: answer('404 Gone'),
      result: l7sts(404, 'Gone comment: cc'),
    },
  ]);
});

scenario('http-check expect: headers', {}, async (t) => {
  const list = answer('200 OK', 'X-A: a, "b,c" ,d\r\nX-B: one\r\nX-B: two\r\nX-Empty:\r\n');
  await playChecks(t, [
    expecting('present', 'hdr name x-a', list, PASSED),
    expecting('absent', 'hdr name x-c', list, l7sts(200, 'OK')),
    expecting('unwanted', '! fhdr name x-a', list, l7sts(200, 'OK')),
    expecting('empty', 'fhdr name x-empty', list, PASSED),
    expecting('item', 'hdr name X-A value d', list, PASSED),
    expecting('item-full', 'fhdr name X-A value d', list, l7sts(200, 'OK')),
    expecting('second-line', 'fhdr name x-b value two', list, PASSED),
    expecting('case-of-value', 'hdr name x-b value Two', list, l7sts(200, 'OK')),
    expecting('beginning', 'hdr name -m beg X- value -m beg tw', list, PASSED),
    expecting('ending', 'hdr name -m end -b value -m end wo', list, PASSED),
    expecting('part', 'hdr name -m sub - value -m sub w', list, PASSED),
    expecting('expression', 'hdr name -m reg ^X-[ab]$ value -m reg ^t.o$', list, PASSED),
    expecting('formats', 'hdr name-lf x-b value-lf two', list, PASSED),
    expecting('none-of-them', '! hdr name x-b value three', list, PASSED),
  ]);
});

scenario('http-check: malformed and broken answers', {}, async (t) => {
  const check = (name: string, server: readonly Step[], result: string): CheckCase => ({
    name,
    rules: [HTTP],
    server,
    result,
  });
  await playChecks(t, [
    check('garbage', [REQUEST_BYTES, 'garbage\r\n\r\n'], l7rsp('')),
    check('short-status', [REQUEST_BYTES, 'HTTP/1.1 2x\r\n\r\n'], l7rsp('')),
    check('bad-header', [REQUEST_BYTES, 'HTTP/1.1 200 OK\r\nfoo bar\r\n\r\n'], l7rsp('')),
    check('bad-length', [REQUEST_BYTES, 'HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n'], l7rsp('')),
    check('cut-head', [REQUEST_BYTES, 'HTTP/1.1 200 OK\r\nconte', FIN], l7rsp('')),
    check('closed', [REQUEST_BYTES, FIN], l7rsp('')),
    check('reset', [REQUEST_BYTES, RESET], 'failed, reason: Socket error, info: "Connection reset by peer"'),
    check(
      'no-reason',
      [REQUEST_BYTES, 'HTTP/1.1 500\r\n\r\n'],
      'failed, reason: Layer7 wrong status, code: 500',
    ),
    check('odd-reason', answer('500 a\x01"<b>\\'), l7sts(500, 'a<01><22><3C>b<3E>\\')),
    check(
      'interim',
      [REQUEST_BYTES, 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'],
      l7sts(100, 'Continue'),
    ),
    expecting(
      'own-texts',
      'error-status L4CON on-error mine comment cc status 200',
      [REQUEST_BYTES, 'x\r\n\r\n'],
      l7rsp('mine comment: cc'),
    ),
    expecting(
      'cut-body',
      'string zz',
      [REQUEST_BYTES, 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc', FIN],
      l7rsp('HTTP content check did not match'),
    ),
  ]);
});

scenario('option httpchk and http-check send make the request', {}, async (t) => {
  const ok = 'HTTP/1.1 200 OK\r\n\r\n';
  const request = (name: string, rules: readonly string[], received: string | RegExp): CheckCase => ({
    name,
    rules,
    // Answered at once: HAProxy looks at the answer when it has sent.
    server: [1, ok],
    result: PASSED,
    received,
  });
  await playChecks(t, [
    request('default', [HTTP], 'OPTIONS / HTTP/1.0\r\n\r\n'),
    request('uri', ['option httpchk /up'], 'OPTIONS /up HTTP/1.0\r\n\r\n'),
    request(
      'rule',
      [HTTP, 'http-check send meth GET uri /%%x ver HTTP/1.1 hdr Host www hdr X-A 100%% comment cc'],
      'GET /%%x HTTP/1.1\r\nhost: www\r\nx-a: 100%\r\nconnection: close\r\n\r\n',
    ),
    request(
      'formats',
      [HTTP, 'http-check send meth POST uri-lf /%%x body-lf a%%b'],
      'POST /%x HTTP/1.0\r\ncontent-length: 3\r\n\r\na%b',
    ),
    request(
      'merged',
      ['option httpchk PUT /u HTTP/1.1', 'http-check send uri /v hdr A 2'],
      'PUT /v HTTP/1.1\r\na: 2\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
    ),
    request(
      'later-version',
      [HTTP, 'http-check send ver HTTP/2.0'],
      'OPTIONS / HTTP/1.1\r\nconnection: close\r\n\r\n',
    ),
    request('no-version', [HTTP, 'http-check send ver foo'], 'OPTIONS / foo\r\n\r\n'),
    request(
      'authority',
      [HTTP, 'http-check send uri http://foo:80/x hdr Host bar:90'],
      'OPTIONS http://bar:90/x HTTP/1.0\r\nhost: bar:90\r\n\r\n',
    ),
    request(
      'own-framing',
      [HTTP, 'http-check send hdr Content-Length 5 hdr Transfer-Encoding x hdr Connection keep-alive'],
      'OPTIONS / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n',
    ),
    request(
      'state',
      [HTTP, 'http-check send-state'],
      /^OPTIONS \/ HTTP\/1\.0\r\nx-haproxy-server-state: UP; address=127\.\S+; port=\d+; name=state\/s; node=\S+; weight=1\/1; scur=0\/0; qcur=0\r\n\r\n$/,
    ),
    {
      ...request('state-unsure', [HTTP, 'http-check send-state'], /server-state: UP 1\/3; .* weight=7\/7; /),
      options: 'fall 3 weight 7',
    },
    request(
      'expectation-first',
      ['option httpchk GET /e', 'http-check expect status 200'],
      'GET /e HTTP/1.0\r\n\r\n',
    ),
    request(
      'connect-first',
      ['option httpchk GET /e', 'http-check connect linger'],
      'GET /e HTTP/1.0\r\n\r\n',
    ),
    request(
      'proxy-header',
      [HTTP, 'http-check connect send-proxy'],
      /^PROXY TCP4 \S+ \S+ \d+ \d+\r\nOPTIONS \/ HTTP\/1\.0\r\n\r\n$/,
    ),
  ]);
});

scenario('http-check connect: several requests, on several connections', {}, async (t) => {
  const { servers } = await playChecks(t, [
    {
      name: 'two',
      rules: [
        HTTP,
        'http-check connect',
        'http-check send meth GET uri /a ver HTTP/1.1 hdr host a',
        'http-check expect status 200',
        'http-check connect port @PORT linger',
        'http-check send meth GET uri /b',
        'http-check expect status 201',
      ],
      server: [1, 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'],
      result: l7sts(200, 'OK'),
      received: 'GET /a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
    },
    {
      name: 'refused',
      rules: [
        HTTP,
        'http-check connect',
        'http-check send',
        'http-check expect status 200',
        'http-check connect port 1 comment two',
      ],
      server: [1, 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'],
      result: 'failed, reason: Layer4 connection problem, info: "Connection refused"',
    },
  ]);
  const second = servers.get('two')?.wires[1];
  await second?.ended();
  assert.equal(second?.peek().toString('latin1'), 'GET /b HTTP/1.0\r\n\r\n');
});

scenario('defaults: their rules are inherited until a proxy has its own', {}, async (t) => {
  await playChecks(
    t,
    [
      {
        name: 'inherited',
        rules: [],
        server: [1, 'yes'],
        result: 'succeeded, reason: Layer7 check passed, code: 0, info: "(tcp-check)"',
        received: 'ask',
      },
      {
        name: 'own',
        rules: ['tcp-check send own'],
        server: [1],
        result: 'succeeded, reason: Layer7 check passed, code: 0, info: "(tcp-check)"',
        received: 'own',
      },
      {
        name: 'same-option',
        rules: [TCP_OPTION],
        server: [1, 'yes'],
        result: 'succeeded, reason: Layer7 check passed, code: 0, info: "(tcp-check)"',
        received: 'ask',
      },
      {
        name: 'other-kind',
        rules: [HTTP],
        server: [1, 'HTTP/1.1 200 OK\r\n\r\n'],
        result: PASSED,
        received: 'OPTIONS / HTTP/1.0\r\n\r\n',
      },
    ],
    { defaults: `    ${TCP_OPTION}\n    tcp-check send ask\n    tcp-check expect string yes\n` },
  );
});
