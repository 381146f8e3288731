// `option tcp-check` and its rules: what each step tells when it passes and when it fails.

import { type CheckCase, FIN, playChecks, RESET, type Step } from '../../harness/check-table.ts';
import { scenario } from '../../harness/scenario.ts';

const TCP = 'option tcp-check';
const L7OK = 'succeeded, reason: Layer7 check passed, code: 0, info: "(tcp-check)"';
const L4OK = 'succeeded, reason: Layer4 check passed';

function l7rsp(info: string): string {
  return `failed, reason: Layer7 invalid response, info: "${info}"`;
}

function expecting(name: string, rule: string, server: readonly Step[], result: string): CheckCase {
  return { name, rules: [TCP, `tcp-check expect ${rule}`], server, result };
}

scenario('tcp-check: connecting, by default and by rules', {}, async (t) => {
  const refused = (where: string): string =>
    `failed, reason: Layer4 connection problem, info: "Connection refused${where}"`;
  await playChecks(t, [
    { name: 'plain', rules: [], server: [], result: L4OK },
    { name: 'no-rules', rules: [TCP], server: [], result: L4OK },
    { name: 'comment-only', rules: [TCP, 'tcp-check comment idle'], server: [], result: L4OK },
    {
      name: 'connect',
      rules: [TCP, 'tcp-check connect'],
      server: [],
      result: `${L4OK}, info: "(tcp-check)"`,
    },
    {
      name: 'linger',
      rules: [TCP, 'tcp-check connect linger'],
      server: [],
      result: `${L4OK}, info: "(tcp-check)"`,
      received: '',
    },
    { name: 'plain-refused', rules: [], server: 'refuse', result: refused('') },
    {
      name: 'refused',
      rules: [TCP],
      server: 'refuse',
      result: refused(' at initial connection step of tcp-check'),
    },
    {
      name: 'refused-step',
      rules: [TCP, 'tcp-check comment first', 'tcp-check connect'],
      server: 'refuse',
      result: refused(" at step 2 of tcp-check (connect) comment: 'first'"),
    },
    {
      name: 'refused-port',
      rules: [TCP, 'tcp-check connect port 1 default linger comment other\\ port'],
      server: [],
      result: refused(" at step 1 of tcp-check (connect port 1) comment: 'other port'"),
    },
    {
      name: 'refused-address',
      rules: [TCP, `tcp-check connect addr ${t.address()}`],
      server: [],
      result: refused(' at step 1 of tcp-check (connect)'),
    },
    {
      name: 'second-refused',
      rules: [TCP, 'tcp-check connect', 'tcp-check expect string a', 'tcp-check connect port 1'],
      server: ['a'],
      result: refused(' at step 3 of tcp-check (connect port 1)'),
    },
    {
      name: 'two-connections',
      rules: [
        TCP,
        'tcp-check connect',
        'tcp-check expect string ready',
        'tcp-check connect port @PORT linger',
        'tcp-check expect rstring ^ready',
      ],
      server: ['ready'],
      result: L7OK,
    },
  ]);
});

scenario('tcp-check: what is sent, and with which PROXY header', {}, async (t) => {
  await playChecks(t, [
    {
      name: 'send',
      rules: [TCP, 'tcp-check send a\\ b\\r\\n'],
      server: [],
      result: L7OK,
      received: 'a b\r\n',
    },
    { name: 'format', rules: [TCP, 'tcp-check send-lf 100%%'], server: [], result: L7OK, received: '100%' },
    {
      name: 'binary',
      rules: [TCP, 'tcp-check send-binary 41000a', 'tcp-check send-binary-lf 4243'],
      server: [],
      result: L7OK,
      received: 'A\0\nBC',
    },
    {
      name: 'header',
      rules: [TCP, 'tcp-check connect send-proxy', 'tcp-check send x'],
      server: [],
      result: L7OK,
      received: /^PROXY TCP4 \S+ \S+ \d+ \d+\r\nx$/,
    },
    {
      name: 'header-v2',
      rules: [TCP, 'tcp-check connect send-proxy', 'tcp-check send x'],
      server: [],
      result: L7OK,
      received: '\r\n\r\n\0\r\nQUIT\n \0\0\0x',
      options: 'send-proxy-v2',
    },
    {
      name: 'own-rules',
      rules: [TCP, 'tcp-check connect', 'tcp-check send x'],
      server: [],
      result: L7OK,
      received: 'x',
      options: 'send-proxy',
    },
    {
      name: 'default-rules',
      rules: [TCP, 'tcp-check connect default', 'tcp-check send x'],
      server: [],
      result: L7OK,
      received: /^PROXY TCP4 .*\r\nx$/,
      options: 'check-send-proxy',
    },
    {
      name: 'dialogue',
      rules: [
        TCP,
        'tcp-check send PING\\r\\n',
        'tcp-check expect string +PONG',
        'tcp-check send QUIT\\r\\n',
        'tcp-check expect string +OK',
      ],
      server: [6, '+PONG\r\n', 6, '+OK\r\n'],
      result: L7OK,
    },
    {
      name: 'gone',
      rules: [
        TCP,
        'tcp-check send PING\\r\\n',
        'tcp-check expect string +PONG',
        'tcp-check comment farewell',
        'tcp-check send QUIT\\r\\n',
        'tcp-check expect string +OK',
      ],
      server: [6, '+PONG\r\n', FIN],
      result: l7rsp('TCPCHK got an empty response at step 5'),
    },
  ]);
});

scenario('tcp-check expect: texts, bytes and expressions', {}, async (t) => {
  await playChecks(t, [
    expecting('string', 'string world', ['hello world'], L7OK),
    expecting('behind-nul', 'string world', ['hello\0world'], L7OK),
    expecting('in-pieces', 'string hello', ['hel', 'lo'], L7OK),
    expecting(
      'string-not',
      'string hello',
      ['hel', FIN],
      l7rsp("TCPCHK did not match content 'hello' at step 1"),
    ),
    expecting(
      'string-unwanted',
      '! string hell',
      ['hello'],
      l7rsp("TCPCHK matched unwanted content 'hell' at step 1"),
    ),
    expecting('string-absent', '! string hell', ['good', FIN], L7OK),
    expecting('twice-not', '! ! string hell', ['hello'], L7OK),
    expecting('regex', 'rstring ^h.l+o$', ['hello'], L7OK),
    expecting(
      'regex-not',
      'rstring ^h.l+o$',
      ['good', FIN],
      l7rsp('TCPCHK did not match content (regex) at step 1'),
    ),
    expecting('binary', 'binary 6f0077', ['hello\0world'], L7OK),
    expecting(
      'binary-not',
      'binary 6f0077',
      ['hello', FIN],
      l7rsp('TCPCHK did not match content (binary) at step 1'),
    ),
    expecting('hex-regex', 'rbinary ^4142[0-9A-F]+$', ['ABz'], L7OK),
    expecting(
      'hex-regex-not',
      'rbinary ^6a',
      ['j', FIN],
      l7rsp('TCPCHK did not match content (binary regex) at step 1'),
    ),
    expecting('format', 'string-lf 100%%', ['100%'], L7OK),
    expecting(
      'format-not',
      'string-lf hello',
      ['help', FIN],
      l7rsp('TCPCHK did not match content (log-format string) at step 1'),
    ),
    expecting('hex-format', 'binary-lf 4142', ['AB'], L7OK),
    expecting(
      'nothing',
      'string hello comment why',
      [FIN],
      l7rsp("TCPCHK got an empty response at step 1 comment: 'why'"),
    ),
    {
      // Only once something has been sent: a reset that comes before would end the connecting.
      name: 'reset',
      rules: [TCP, 'tcp-check send ping', 'tcp-check expect string hello'],
      server: [4, RESET],
      result:
        'failed, reason: Socket error, info: "Connection reset by peer at step 2 of tcp-check (expect string \'hello\')"',
    },
    expecting(
      'too-long',
      'string hello',
      [`${'x'.repeat(20_000)}hello`],
      l7rsp("TCPCHK did not match content 'hello' at step 1"),
    ),
    expecting(
      'unprintable',
      'string \\"\\x01',
      ['a', FIN],
      l7rsp("TCPCHK did not match content '<22><01>' at step 1"),
    ),
  ]);
});

scenario('tcp-check expect: min-recv, statuses and texts of its own', {}, async (t) => {
  await playChecks(t, [
    expecting(
      'conclusive',
      'min-recv 3 string hello',
      ['goodbye'],
      l7rsp("TCPCHK did not match content 'hello' at step 1"),
    ),
    expecting('conclusive-not', 'min-recv 0 ! rstring h.llo', ['hexx'], L7OK),
    expecting('long-enough', 'min-recv 8 string hello', ['hello', 'xyz'], L7OK),
    expecting(
      'ok-status',
      'ok-status L6OK string a',
      ['a'],
      'succeeded, reason: Layer6 check passed, info: "(tcp-check)"',
    ),
    expecting(
      'conditional',
      'ok-status L7OKC string a',
      ['a'],
      'conditionally succeeded, reason: Layer7 check conditionally passed, code: 0, info: "(tcp-check)"',
    ),
    expecting(
      'error-status',
      'error-status l7sts string a',
      ['b', FIN],
      'failed, reason: Layer7 wrong status, code: 0, info: "TCPCHK did not match content \'a\' at step 1"',
    ),
    expecting(
      'error-layer-4',
      'error-status L4CON string a',
      ['b', FIN],
      'failed, reason: Layer4 connection problem, info: "TCPCHK did not match content \'a\' at step 1"',
    ),
    expecting(
      'on-error',
      'on-error bad\\ thing comment cc string a',
      ['b', FIN],
      l7rsp('bad thing comment: cc'),
    ),
    expecting(
      'on-success',
      'on-success fine\\ 100%% string a',
      ['a'],
      'succeeded, reason: Layer7 check passed, code: 0, info: "fine 100%"',
    ),
    {
      name: 'last-counts',
      rules: [TCP, 'tcp-check expect ok-status L7OKC on-success x string a', 'tcp-check expect string b'],
      server: ['ab'],
      result: L7OK,
    },
  ]);
});

scenario('checks that are not answered time out where they wait', {}, async (t) => {
  await playChecks(
    t,
    [
      expecting(
        'silent',
        'string hello',
        [],
        'failed, reason: Layer7 timeout, info: " at step 1 of tcp-check (expect string \'hello\')"',
      ),
      expecting(
        'other',
        'rstring ^hello comment cc',
        ['good'],
        'failed, reason: Layer7 timeout, info: " at step 1 of tcp-check (expect regex) comment: \'cc\'"',
      ),
      expecting(
        'own-status',
        'tout-status L4TOUT binary 4142',
        [],
        'failed, reason: Layer4 timeout, info: " at step 1 of tcp-check (expect binary \'AB\')"',
      ),
      {
        name: 'http',
        rules: ['option httpchk', 'http-check expect comment cc status 200'],
        server: [],
        result: 'failed, reason: Layer7 timeout',
      },
      { name: 'redis', rules: ['option redis-check'], server: [], result: 'failed, reason: Layer7 timeout' },
      { name: 'ssl', rules: ['option ssl-hello-chk'], server: [], result: 'failed, reason: Layer6 timeout' },
    ],
    { inter: '500ms' },
  );
});
