// Variables, log formats and sample expressions in the rules of checks: what is sent, where checks connect to, and what
// they tell.

import assert from 'node:assert/strict';
import { type CheckCase, FIN, playChecks, type Step } from '../../harness/check-table.ts';
import { scenario } from '../../harness/scenario.ts';

const HTTP = 'option httpchk';
const TCP = 'option tcp-check';
const PASSED = 'succeeded, reason: Layer7 check passed, code: 200';
const TCP_PASSED = 'succeeded, reason: Layer7 check passed, code: 0, info: "(tcp-check)"';

function l7rsp(info: string): string {
  return `failed, reason: Layer7 invalid response, info: "${info}"`;
}

/** Of `GET / HTTP/1.0`. */
const REQUEST_BYTES = 18;
const BODY = 'hello';
const ANSWER = `HTTP/1.1 200 OK\r\ncontent-length: ${BODY.length}\r\nx-a: 12\r\nx-b: foo, bar\r\n\r\n${BODY}`;

/** What is sent, whole; the server answers behind so many bytes. */
function sends(name: string, rules: readonly string[], request: string): CheckCase {
  return {
    name,
    rules: [HTTP, ...rules],
    server: [request.length, ANSWER],
    received: request,
    result: PASSED,
  };
}

function expects(name: string, rules: readonly string[], result: string): CheckCase {
  const ask = rules.some((rule) => rule.startsWith('http-check send')) ? [] : ['http-check send meth GET'];
  return { name, rules: [HTTP, ...ask, ...rules], server: [REQUEST_BYTES, ANSWER], result };
}

function tcp(
  name: string,
  rules: readonly string[],
  server: readonly Step[],
  result: string,
  received?: string,
): CheckCase {
  return { name, rules: [TCP, ...rules], server, result, ...(received === undefined ? {} : { received }) };
}

scenario(
  'http-check send: formats, log variables, samples of the server; what is empty is left out',
  {},
  (t) =>
    playChecks(t, [
      sends(
        'request',
        [
          'http-check send meth GET uri-lf /%[srv_name]/%[be_name]/%[srv_id] hdr X %[int(5),add(2)] hdr Y a%%b%[str(x)] body-lf %[nbsrv(request)]',
        ],
        'GET /s/request/1 HTTP/1.0\r\nx: 7\r\ny: a%bx\r\ncontent-length: 1\r\n\r\n1',
      ),
      sends(
        'variables',
        ['http-check send meth GET hdr A %b hdr B %s hdr C %f hdr D %ST hdr E %{+Q}s hdr F %HM hdr G %sc'],
        'GET / HTTP/1.0\r\na: variables\r\nb: s\r\nc: CHECKS-FE\r\nd: 0\r\ne: "s"\r\nf: <BADREQ>\r\ng: 0\r\n\r\n',
      ),
      sends(
        'empty',
        [
          'http-check send meth GET uri-lf %[var(check.x)] hdr X %[var(check.x)] hdr S %[src] hdr P %[src_port] hdr C %ci',
        ],
        'GET / HTTP/1.0\r\n\r\n',
      ),
      sends(
        'states',
        [
          'http-check send meth GET hdr A %[srv_is_up(states/s)] hdr B %[srv_weight(states/s)] hdr C %[nbsrv]',
        ],
        'GET / HTTP/1.0\r\na: 1\r\nb: 1\r\nc: 1\r\n\r\n',
      ),
    ]).then(() => undefined),
);

scenario('http-check set-var and unset-var: scopes and conditions', {}, (t) =>
  playChecks(t, [
    sends(
      'scopes',
      [
        'http-check set-var(check.a) int(3)',
        'http-check set-var(sess.a) int(4)',
        'http-check set-var(proc.scopes) int(5)',
        'http-check set-var(txn.a) int(6)',
        'http-check set-var(req.a) int(7)',
        'http-check set-var-fmt(check.f) "n=%[var(check.a)] %[srv_name]"',
        'http-check send meth GET hdr A %[var(check.a)] hdr B %[var(sess.a)] hdr C %[var(proc.scopes)] hdr D %[var(txn.a)] hdr E %[var(req.a)] hdr F %[var(check.f)]',
      ],
      'GET / HTTP/1.0\r\na: 3\r\nb: 4\r\nc: 5\r\nf: n=3 s\r\n\r\n',
    ),
    sends(
      'conditions',
      [
        'http-check set-var(check.a) int(3)',
        'http-check unset-var(check.a)',
        'http-check set-var(check.b,ifexists) int(1)',
        'http-check set-var(check.c,ifnotexists) int(1)',
        'http-check set-var(check.c,ifnotexists) int(2)',
        'http-check set-var-fmt(check.d,ifnotempty) %[var(check.none)]',
        'http-check set-var-fmt(check.e,ifnotempty) x',
        'http-check send meth GET hdr A %[var(check.a)] hdr B %[var(check.b)] hdr C %[var(check.c)] hdr D %[var(check.d)] hdr E %[var(check.e)]',
      ],
      'GET / HTTP/1.0\r\nc: 1\r\ne: x\r\n\r\n',
    ),
  ]).then(() => undefined),
);

scenario('http-check: what the answer says is there for what follows', {}, (t) =>
  playChecks(t, [
    expects(
      'string',
      [
        'http-check set-var(check.w) str(ell)',
        'http-check send meth GET',
        'http-check expect string-lf %[var(check.w)]',
      ],
      PASSED,
    ),
    expects(
      'string-not',
      ['http-check expect string-lf %[srv_name]'],
      l7rsp('HTTP content check did not match'),
    ),
    expects(
      'string-empty',
      ['http-check expect string-lf %[var(check.w)]'],
      l7rsp('log-format string evaluated to an empty string'),
    ),
    expects(
      'header',
      [
        'http-check set-var(check.w) str(x-a)',
        'http-check send meth GET',
        'http-check expect hdr name-lf %[var(check.w)] value-lf %[int(12)]',
      ],
      PASSED,
    ),
    expects(
      'header-name-empty',
      ['http-check expect hdr name-lf %[var(check.w)]'],
      l7rsp('log-format string evaluated to an empty string'),
    ),
    expects(
      'header-value-empty',
      ['http-check expect hdr name x-a value-lf %[var(check.w)]'],
      l7rsp('log-format string evaluated to an empty string'),
    ),
    expects(
      'on-success',
      ['http-check expect status 200 on-success "ok %[res.hdr(x-a)] %[status] %[srv_name] %b %[res.body]"'],
      `${PASSED}, info: "ok 12 200 s on-success hello"`,
    ),
    expects(
      'on-error',
      ['http-check expect status 300 on-error "bad %[res.hdr(x-a)] %[status] %[srv_name]"'],
      'failed, reason: Layer7 wrong status, code: 200, info: "bad 12 200 s"',
    ),
    expects(
      'on-error-empty',
      ['http-check expect status 300 on-error %[var(check.x)]'],
      'failed, reason: Layer7 wrong status, code: 200',
    ),
    expects(
      'code',
      ['http-check expect status 200 status-code res.hdr(x-a)'],
      'succeeded, reason: Layer7 check passed, code: 12',
    ),
    expects(
      'code-failed',
      ['http-check expect status 300 status-code res.hdr(x-a)'],
      'failed, reason: Layer7 wrong status, code: 12, info: "OK"',
    ),
    expects(
      'code-none',
      ['http-check expect status 300 status-code res.hdr(x-none)'],
      'failed, reason: Layer7 wrong status, code: 200, info: "OK"',
    ),
    expects(
      'code-text',
      ['http-check expect status 200 status-code res.hdr(x-b)'],
      'succeeded, reason: Layer7 check passed, code: 0',
    ),
  ]).then(() => undefined),
);

scenario(
  'http-check connect port: an expression, and what the first answer said is sent to the second',
  {},
  async (t) => {
    const second = await t.httpServer('second');
    const request = 'GET / HTTP/1.0\r\ns: 200\r\nh: 12\r\nn: 3\r\n\r\n';
    await playChecks(t, [
      {
        name: 'twice',
        rules: [
          HTTP,
          'http-check connect',
          'http-check send meth GET',
          'http-check expect status 200',
          'http-check set-var(check.s) status',
          'http-check set-var(check.h) res.hdr(x-a)',
          'http-check set-var(check.n) res.hdr_cnt(x-b),add(1)',
          `http-check set-var(check.port) int(${second.port})`,
          `http-check connect addr ${t.ip} port var(check.port)`,
          'http-check send meth GET hdr S %[var(check.s)] hdr H %[var(check.h)] hdr N %[var(check.n)]',
        ],
        server: [REQUEST_BYTES, ANSWER],
        result: PASSED,
      },
      sends(
        'text',
        ['http-check connect port str(@PORT)', 'http-check send meth GET'],
        'GET / HTTP/1.0\r\n\r\n',
      ),
      sends(
        'none',
        ['http-check connect port var(check.port)', 'http-check send meth GET'],
        'GET / HTTP/1.0\r\n\r\n',
      ),
      sends('zero', ['http-check connect port int(0)', 'http-check send meth GET'], 'GET / HTTP/1.0\r\n\r\n'),
    ]);
    const asked = await second.request();
    assert.equal(asked.rawHead, request);
  },
);

scenario('tcp-check: send-lf, send-binary-lf, variables from answers', {}, (t) => {
  const hello = '+hello 123\r\n';
  return playChecks(t, [
    tcp(
      'send',
      [
        'tcp-check set-var(check.a) str(ab)',
        'tcp-check send-lf "%[var(check.a)]%[srv_name] %b"',
        'tcp-check expect string-lf %[str(hel)]',
      ],
      [8, hello],
      TCP_PASSED,
      'abs send',
    ),
    tcp(
      'send-binary',
      [
        'tcp-check set-var(check.a) str(6162)',
        'tcp-check send-binary-lf %[var(check.a)]63',
        'tcp-check expect binary-lf %[str(68656c)]',
      ],
      [3, hello],
      TCP_PASSED,
      'abc',
    ),
    tcp(
      'send-binary-odd',
      ['tcp-check set-var(check.a) str(616)', 'tcp-check send-binary-lf %[var(check.a)]'],
      [],
      l7rsp('tcp-check send : failed to build log-format string at step 2'),
    ),
    tcp(
      'send-binary-comment',
      ['tcp-check send-binary-lf %[str(zz)] comment why'],
      [],
      l7rsp('tcp-check send : failed to build log-format string at step 1'),
    ),
    tcp(
      'unwanted',
      ['tcp-check expect ! string hello comment why'],
      ['hello', FIN],
      l7rsp("TCPCHK matched unwanted content 'hello' at step 1 comment: why"),
    ),
    tcp(
      'send-binary-name',
      ['tcp-check send-binary-lf %[srv_name]', 'tcp-check expect string h'],
      [],
      l7rsp('tcp-check send : failed to build log-format string at step 1'),
    ),
    tcp(
      'expect-binary-name',
      ['tcp-check send a', 'tcp-check expect binary-lf %[srv_name]'],
      [1, hello],
      l7rsp('Failed to parse hexastring resulting of eval of a log-format string'),
    ),
    tcp(
      'on-success',
      ['tcp-check send a', 'tcp-check expect string hello on-success "%[res.payload(0,3)] %[res.len] x"'],
      [1, hello],
      'succeeded, reason: Layer7 check passed, code: 0, info: "+he 12 x"',
    ),
    tcp(
      'on-error',
      ['tcp-check send a', 'tcp-check expect string zz on-error "%[res.payload(0,3)] %[res.len] x"'],
      [1, hello, FIN],
      l7rsp('+he 12 x'),
    ),
    tcp(
      'code',
      ['tcp-check send a', 'tcp-check expect string hello status-code res.payload(7,3)'],
      [1, hello],
      'succeeded, reason: Layer7 check passed, code: 123, info: "(tcp-check)"',
    ),
    tcp(
      'from-answer',
      [
        'tcp-check send a',
        'tcp-check expect string hello',
        'tcp-check set-var(check.p) res.payload(1,5)',
        'tcp-check send-lf "got %[var(check.p)]"',
      ],
      [1, hello, 10],
      TCP_PASSED,
      'agot hello',
    ),
    tcp(
      'steps',
      [
        'tcp-check connect',
        'tcp-check set-var(check.x) int(1)',
        'tcp-check comment hey',
        'tcp-check expect string zz',
      ],
      ['hello', FIN],
      l7rsp("TCPCHK did not match content 'zz' at step 4 comment: hey"),
    ),
    tcp(
      'implied',
      ['tcp-check set-var(check.x) int(1)', 'tcp-check expect string zz'],
      ['hello', FIN],
      l7rsp("TCPCHK did not match content 'zz' at step 2"),
    ),
    tcp(
      'port',
      [
        'tcp-check set-var(check.port) int(@PORT)',
        'tcp-check connect port var(check.port)',
        'tcp-check expect string hello',
      ],
      [hello],
      TCP_PASSED,
    ),
  ]).then(() => undefined);
});
