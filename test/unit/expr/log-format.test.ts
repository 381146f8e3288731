/** Holds compiled log formats to lines that HAProxy 2.6.12 wrote, value by value, flag by flag. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileLogFormat } from '../../../src/expr/log-format/compile-log-format.ts';
import type { LogFormat } from '../../../src/expr/log-format/log-format.ts';
import { LogProcess, LogRecord } from '../../../src/expr/log-format/log-record.ts';
import { logVariables } from '../../../src/expr/log-format/log-variable.ts';
import { SocketAddress } from '../../../src/protocol/socket-address.ts';
import { readGoldenText, unescapeBytes } from '../golden-file.ts';
import { exampleCaptures } from './example-captures.ts';

process.env['TZ'] = 'Asia/Kolkata';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

function compile(text: string, http = true): LogFormat {
  const result = compileLogFormat(text, { http });
  assert.ok(result.ok, `${text}: ${JSON.stringify(result)}`);
  return result.format;
}

function write(format: LogFormat, record: LogRecord, limitBytes = 4000): string {
  const u8 = new Uint8Array(limitBytes + 100).fill(0xaa);
  const end = format.write(record, u8, 50, 50 + limitBytes);
  assert.ok(end <= 50 + limitBytes);
  assert.ok(u8.subarray(0, 50).every((byte) => byte === 0xaa));
  assert.ok(u8.subarray(50 + limitBytes).every((byte) => byte === 0xaa));
  return Buffer.from(u8.subarray(50, end)).toString('latin1');
}

function setBytes(slot: { set(u8: Uint8Array, start: number, end: number): void }, text: string): void {
  const bytes = latin1(`<${text}>`);
  slot.set(bytes, 1, bytes.length - 1);
}

interface Sample {
  readonly kind: string;
  readonly index: number;
  readonly values: ReadonlyMap<string, string>;
  readonly format: string;
  readonly expected: string;
}

function samples(): Sample[] {
  const lines = readGoldenText('expr/golden/log-format.txt').split('\n');
  const result: Sample[] = [];
  for (let i = 0; i + 1 < lines.length; i++) {
    const line = lines[i]!;
    if (line.startsWith('#')) continue;
    const words = line.split(' ', 3);
    const [kind, index, values] = words as [string, string, string];
    const expected = lines[++i]!;
    assert.ok(expected.startsWith('= '), expected);
    result.push({
      kind,
      index: Number(index),
      values: new Map(values.split(',').map((pair) => pair.split('=', 2) as [string, string])),
      format: unescapeBytes(line.slice(words.join(' ').length + 1)),
      expected: unescapeBytes(expected.slice(2)),
    });
  }
  return result;
}

/** The record as it was when HAProxy wrote the sample's line. */
function recordOf(sample: Sample): LogRecord {
  const number = (name: string) => Number(sample.values.get(name) ?? 0);
  const machine = new LogProcess();
  machine.pid = number('pid');
  machine.hostname = latin1('lb1');
  const record = new LogRecord(machine);
  const isTcp = sample.kind === 'tcp';
  const isBad = sample.kind === 'bad';
  record.client.setText('127.0.0.2', 30000 + sample.index);
  record.frontendAddress.setText('127.0.0.1', 16000 + sample.index);
  record.frontendName = latin1(`fe${sample.index}`);
  record.frontendIsHttp = !isTcp;
  record.backendName = isBad ? record.frontendName : latin1('be');
  if (!isBad) {
    record.serverName = latin1('srv1');
    record.serverAddress.setText('127.0.0.1', isTcp ? 15791 : 15790);
    record.sourceAddress.setText('127.0.0.1', number('bp'));
  }
  record.acceptDateMs = number('Ts') * 1000 + number('ms');
  record.idleMs = number('Ti');
  if (isTcp) {
    record.queuedAtMs = number('Tw') - 1;
    record.connectedAtMs = record.queuedAtMs + number('Tc');
    record.responseAtMs = number('Tt') - number('Td');
  } else if (!isBad) {
    record.requestAtMs = number('Tq');
    record.queuedAtMs = record.requestAtMs + number('Tw');
    record.connectedAtMs = record.queuedAtMs + number('Tc');
    record.responseAtMs = record.connectedAtMs + number('Tr');
  }
  record.closedAtMs = number('Tt');
  record.status = number('ST');
  record.bytesRead = number('B');
  record.bytesUploaded = number('U');
  record.termination.set(latin1(sample.values.get('tsc') ?? '----'));
  record.activeConnections = number('ac');
  record.frontendConnections = number('fc');
  record.backendConnections = number('bc');
  record.serverConnections = number('sc');
  record.retries = number('rc');
  record.serverQueue = number('sq');
  record.backendQueue = number('bq');
  record.requestCounter = number('rt');
  record.logCounter = number('lc');
  if (sample.kind.startsWith('uri:')) {
    setBytes(record.requestLine, unescapeBytes(sample.kind.slice(4).replaceAll('~', ' ')).slice(0, 30));
  } else if (!isBad && !isTcp) {
    setBytes(record.requestLine, 'GET /p/a%20b?x=1&y="z"{|}\\] HTTP/1.1');
  }
  if (sample.kind === 'get') {
    setBytes(record.uniqueId, `id:7F000002:${(30000 + sample.index).toString(16).toUpperCase()}`);
    record.captures = exampleCaptures();
  }
  return record;
}

test('every captured line is written byte for byte', () => {
  const all = samples();
  assert.ok(all.length > 250);
  for (const sample of all) {
    // In the capture the values that the record needs stood in front, with a semicolon behind them.
    const format = compile(`;${sample.format}`, sample.kind !== 'tcp');
    assert.equal(write(format, recordOf(sample)), `;${sample.expected}`, `${sample.kind} ${sample.format}`);
  }
});

test('a captured line was seen for every variable', () => {
  const seen = new Set<string>();
  for (const sample of samples()) {
    for (const [, name] of sample.format.matchAll(/%([A-Za-z]+)/g)) seen.add(name!);
  }
  for (const name of logVariables().keys()) assert.ok(seen.has(name), name);
});

function simpleRecord(): LogRecord {
  return recordOf({ kind: 'get', index: 10, values: new Map(), format: '', expected: '' });
}

test('spaces at the beginning of a line are dropped, also behind %o', () => {
  const record = simpleRecord();
  for (const [format, expected] of [
    ['  lead', 'lead'],
    ['%{+Q}o %b', '"be"'],
    [' %{+Q}HQ', '"?x=1&y=#22z#22{|}\\]"'],
    ['\t%b', '\tbe'],
    ['', ''],
    [' ', ''],
  ] as const) {
    assert.equal(write(compile(format), record), expected, format);
  }
});

test('unix sockets and IPv6', () => {
  const record = simpleRecord();
  const all = '%ci %cp %fi %fp|%{+X}ci %{+X}cp %{+X}fi %{+X}fp|%{+Q}ci %{+Q}cp|%ft';
  record.client.setUnix('');
  record.frontendAddress.setUnix('/run/x.sock');
  record.listenerId = 77;
  // The hexadecimal form of a path ends the line.
  assert.equal(write(compile(all), record), 'unix 77 unix 77|');
  record.client.setText('::1', 51830);
  record.frontendAddress.setText('::ffff:127.0.0.1', 18003);
  assert.equal(
    write(compile(all), record),
    '::1 51830 ::ffff:127.0.0.1 18003|00000000000000000000000000000001 CA76 00000000000000000000FFFF7F000001 4653|"::1" 51830|fe10',
  );
  record.serverAddress.setUnix('/run/s.sock');
  record.sourceAddress.setUnix('');
  assert.equal(write(compile('%si %sp %bi %bp'), record), 'unix 0 unix 0');
  record.serverAddress.copyFrom(new SocketAddress());
  assert.equal(write(compile('%si:%sp %{+Q}si:%{+X}sp'), record), '-:- "":-');
});

test('a line that is written early marks what will grow', () => {
  const record = simpleRecord();
  record.partial = true;
  record.bytesRead = 107;
  record.redispatched = true;
  record.retries = 3;
  assert.equal(
    write(compile('%B %U %Tt %Ta %Td %Tu %ST %ts %{+Q}B %{+X}B %rc'), record),
    '+107 0 +0 +0 0 +0 0 -- +107 +107 +3',
  );
});

test('timers are those of HAProxy with handshake, idle time and phases that were not reached', () => {
  const record = simpleRecord();
  const timers = compile('Th=%Th Ti=%Ti TR=%TR Tq=%Tq Tw=%Tw Tc=%Tc Tr=%Tr Td=%Td Ta=%Ta Tt=%Tt Tu=%Tu');
  const set = (...times: number[]) => {
    [
      record.handshakeMs = 0,
      record.idleMs = 0,
      record.requestAtMs = -1,
      record.queuedAtMs = -1,
      record.connectedAtMs = -1,
      record.responseAtMs = -1,
      record.closedAtMs = 0,
    ] = times;
  };
  // Through a PROXY header after 100 ms, first byte 150 ms later, headers complete 50 ms later.
  set(100, 150, 300, 300, 301, 402, 522);
  assert.equal(
    write(timers, record),
    'Th=100 Ti=150 TR=50 Tq=300 Tw=0 Tc=1 Tr=101 Td=120 Ta=272 Tt=522 Tu=372',
  );
  // Request timeout after an idle time.
  set(0, 100, -1, -1, -1, -1, 802);
  assert.equal(write(timers, record), 'Th=0 Ti=100 TR=-1 Tq=-1 Tw=-1 Tc=-1 Tr=-1 Td=-1 Ta=702 Tt=802 Tu=702');
  // No server could be reached.
  set(0, 99, 99, 99, -1, -1, 1100);
  assert.equal(write(timers, record), 'Th=0 Ti=99 TR=0 Tq=99 Tw=0 Tc=-1 Tr=-1 Td=-1 Ta=1001 Tt=1100 Tu=1001');
  // TCP: 100 ms for a PROXY header, connected at once, closed after 400 ms.
  set(100, 0, -1, 100, 100, 100, 400);
  assert.equal(
    write(compile('Th=%Th Tw=%Tw Tc=%Tc Td=%Td Tt=%Tt Tu=%Tu', false), record),
    'Th=100 Tw=101 Tc=0 Td=300 Tt=400 Tu=400',
  );
  record.acceptDateMs = Date.UTC(2026, 10, 20, 10, 51, 27, 950);
  set(30, 70, 100, 100, 100, 100, 100);
  assert.equal(
    write(compile('%t|%tr|%T|%trg|%Tl|%trl|%ms|%{+X}ms'), record),
    '20/Nov/2026:16:21:27.950|20/Nov/2026:16:21:28.050|20/Nov/2026:10:51:27 +0000|20/Nov/2026:10:51:28 +0000|' +
      '20/Nov/2026:16:21:27 +0530|20/Nov/2026:16:21:28 +0530|950|3B6',
  );
  record.acceptDateMs = Date.UTC(2026, 0, 2, 3, 4, 5, 4);
  assert.equal(write(compile('%T %ms %{+X}ms'), record), '02/Jan/2026:03:04:05 +0000 004 04');
});

test('large numbers', () => {
  const record = simpleRecord();
  record.bytesRead = 9007199254740991;
  record.bytesUploaded = 2147483648;
  record.requestCounter = 0x12345678;
  record.logCounter = 65536;
  assert.equal(
    write(compile('%B %U %{+X}rt %{+X}lc %rt'), record),
    '9007199254740991 2147483648 12345678 10000 305419896',
  );
});

test('TLS fields and the mark of a TLS frontend', () => {
  const record = simpleRecord();
  record.frontendIsTls = true;
  record.sslVersion = latin1('TLSv1.3');
  record.sslCipher = latin1('TLS_AES_128_GCM_SHA256');
  assert.equal(
    write(compile('%ft %{+Q}ft %sslv/%sslc'), record),
    'fe10~ "fe10~" TLSv1.3/TLS_AES_128_GCM_SHA256',
  );
});

test('too long a line ends where it ended in HAProxy', () => {
  const record = recordOf({
    kind: 'get',
    index: 310,
    values: new Map([
      ['Ts', '1795171747'],
      ['ms', '312'],
      ['pid', '28411'],
      ['bp', '1'],
      ['B', '107'],
      ['ST', '200'],
      ['ac', '1'],
      ['fc', '1'],
      ['rt', '505'],
    ]),
    format: '',
    expected: '',
  });
  record.client.port = 30014;
  // Format; bytes in front of it; what was written of it in a line of 79 bytes.
  const cuts: [string, number, string][] = [
    ['%ci|', 70, '127.0.0.2'],
    ['%ci|', 71, '127.0.0.'],
    ['%ci|', 78, '1'],
    ['%ci|', 79, ''],
    ['%cp|', 73, '30014|'],
    ['%cp|', 74, '30014'],
    ['%cp|', 75, ''],
    ['%cp|', 78, ''],
    ['%t|', 54, '20/Nov/2026:16:19:07.312|'],
    ['%t|', 55, '20/Nov/2026:16:19:07.312'],
    ['%t|', 56, ''],
    ['%T|', 53, '20/Nov/2026:10:49:07 +0000'],
    ['%T|', 54, ''],
    ['%trl|', 54, ''],
    ['%ts|', 77, '--'],
    ['%ts|', 78, '-'],
    ['%tsc|', 76, '---'],
    ['%B %ST|', 72, '107 200'],
    ['%B %ST|', 73, '107 '],
    ['%B %ST|', 76, '107'],
    ['%B %ST|', 77, ''],
    ['%ms|', 76, '312'],
    ['%ms|', 77, ''],
    ['%{+X}ci|', 71, '7F000002'],
    ['%{+X}ci|', 72, '7F00000'],
    ['%{+X}ci|', 73, ''],
    ['%{+X}cp|', 75, '753E'],
    ['%{+X}cp|', 76, '753'],
    ['%{+X}cp|', 77, ''],
    ['%hr|', 66, '{h.example:80'],
    ['%hr|', 78, '{'],
    ['%hr|', 79, ''],
    ['%hrl|', 66, 'h.example:80 '],
    ['%hrl|', 67, 'h.example:80'],
    ['%{+Q}hr|', 77, '"{'],
    ['%{+Q}hrl|', 78, '"'],
    ['%f|', 74, 'fe310'],
    ['%f|', 75, 'fe31'],
    ['%{+Q}f|', 72, '"fe310"'],
    ['%{+Q}f|', 73, ''],
    ['%{+Q}sslv|', 77, '""'],
    ['%{+Q}sslv|', 78, ''],
    ['%{+Q}CC|', 70, '"SID=abc"'],
    ['%{+Q}CC|', 71, ''],
    ['%CC|', 75, 'SID='],
    ['%ac/%fc/%bc|', 75, '1/1/'],
    ['  end', 77, ' e'],
    ['  end', 78, ' '],
    ['%b/%s|', 76, 'be/'],
    ['%Ts|', 69, '1795171747'],
    ['%Ts|', 70, ''],
    ['%{+X}Ts|', 72, '6B0025A'],
    ['%{+X}Ts|', 73, ''],
    ['%{+Q}ci|', 68, '"127.0.0.2"'],
    ['%{+Q}ci|', 69, ''],
    ['%{+X}pid|', 76, '6EF'],
    ['%{+X}pid|', 77, ''],
    ['%{+Q}r|', 77, '"G'],
    ['%{+Q}r|', 78, '"'],
    ['%HM|', 77, 'GE'],
    ['%ID|', 76, 'id:'],
  ];
  for (const [format, before, expected] of cuts) {
    const line = write(compile('x'.repeat(before) + format), record, 79);
    assert.equal(line.slice(before), expected, `${format} behind ${before} bytes`);
  }
  // Encoded characters are not torn apart, and leave one place free; what follows may fit.
  setBytes(record.requestLine, `GET /${'"'.repeat(60)} HTTP/1.1`);
  const quotes = (count: number) => '#22'.repeat(count);
  for (const [room, count] of [
    [79, 24],
    [80, 24],
    [81, 25],
    [83, 25],
  ] as const) {
    assert.equal(write(compile('%r'), record, room), `GET /${quotes(count)}`);
  }
  for (const [room, count] of [
    [79, 24],
    [81, 24],
    [82, 25],
  ] as const) {
    assert.equal(write(compile('%{+Q}r'), record, room), `"GET /${quotes(count)}"`);
  }
  assert.equal(write(compile('%r|%ci'), record, 79), `GET /${quotes(24)}|1`);
  setBytes(record.requestLine, `GET /${']'.repeat(80)} HTTP/1.1`);
  for (const [room, count] of [
    [79, 36],
    [80, 37],
    [81, 37],
    [82, 38],
  ] as const) {
    assert.equal(write(compile('%{+E}r'), record, room), `GET /${'\\]'.repeat(count)}`);
  }
});

test('any limit is kept, and a shorter limit never gives a longer line', () => {
  const record = simpleRecord();
  record.frontendIsTls = true;
  record.partial = true;
  for (const sample of samples()) {
    if (sample.kind !== 'get') continue;
    const format = compile(sample.format);
    let last = 0;
    for (let limit = 0; limit < 140; limit++) {
      const length = write(format, record, limit).length;
      assert.ok(length >= last, `${sample.format} within ${limit}`);
      last = length;
    }
  }
});

test('any text compiles or is refused in words, and what compiles keeps its limit', () => {
  const record = simpleRecord();
  const piece = fc.oneof(
    fc.constantFrom('%', '%%', '%{', '}', '%{+Q}', '%{+X,-E}', '%o', '[', ' ', '  ', 'o', '%1', '\\'),
    fc.constantFrom(...logVariables().keys()).map((name) => `%${name}`),
    fc.constantFrom(...logVariables().keys()).map((name) => `%{+E,+Q}${name} `),
    fc.string({ maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.nat(200), fc.boolean(), (pieces, limit, http) => {
      const text = Buffer.from(pieces.join(''), 'utf8').toString('latin1');
      const result = compileLogFormat(text, { http });
      if (result.ok) write(result.format, record, limit);
      else {
        assert.ok(result.errors.length > 0);
        for (const error of result.errors)
          assert.ok(error.offset < text.length && error.message.endsWith('.'));
      }
    }),
    { numRuns: 2000 },
  );
});

const messages: [string, boolean, string[]][] = [
  ['%', true, ["truncated line after '%'."]],
  ['%%%', true, ["truncated line after '%'."]],
  [
    '%xyz',
    true,
    [
      "no such format variable 'xyz'. If you wanted to emit the '%' character verbatim, you need to use '%%'.",
    ],
  ],
  [
    '%foo-bar',
    true,
    [
      "no such format variable 'foo'. If you wanted to emit the '%' character verbatim, you need to use '%%'.",
    ],
  ],
  [
    '%1',
    true,
    [
      "unexpected variable name near '1' at position 1 line : '%1'. Maybe you want to write a single '%', use the syntax '%%'.",
    ],
  ],
  [
    '% x',
    true,
    [
      "unexpected variable name near ' ' at position 1 line : '% x'. Maybe you want to write a single '%', use the syntax '%%'.",
    ],
  ],
  [
    'x%1y',
    true,
    [
      "unexpected variable name near '1' at position 2 line : 'x%1y'. Maybe you want to write a single '%', use the syntax '%%'.",
    ],
  ],
  ['%{+Q}', true, ["parse argument modifier without variable name near '%{+Q}'."]],
  ['%{+Q}%r', true, ["parse argument modifier without variable name near '%{+Q}'."]],
  ['%{+Q}{+X}r', true, ["parse argument modifier without variable name near '%{+Q}'."]],
  ['%{+Q', true, ["truncated line after '+Q'."]],
  ['%{', true, ["truncated line after ''."]],
  ['ab %{+Q,x ci', true, ["truncated line after '+Q,x ci'."]],
  [
    'ab %{+Q}1',
    true,
    ["no such format variable '1'. If you wanted to emit the '%' character verbatim, you need to use '%%'."],
  ],
  ['%ci %r', false, ["format variable 'r' is reserved for HTTP mode."]],
  ['%{+Q}tr', false, ["format variable 'tr' is reserved for HTTP mode."]],
  ['%[src]', true, ["sample expressions ('%[...]') are not supported in log formats yet."]],
  [
    '%cip %ci %TRx %',
    true,
    [
      "no such format variable 'cip'. If you wanted to emit the '%' character verbatim, you need to use '%%'.",
      "no such format variable 'TRx'. If you wanted to emit the '%' character verbatim, you need to use '%%'.",
      "truncated line after '%'.",
    ],
  ],
];

test('wrong formats get the words of HAProxy, every error with its place', () => {
  for (const [text, http, expected] of messages) {
    const result = compileLogFormat(text, { http });
    assert.ok(!result.ok, text);
    assert.deepEqual(
      result.errors.map((error) => error.message),
      expected,
      text,
    );
  }
  const result = compileLogFormat('ab %cip %ci %xyzzy', { http: true });
  assert.ok(!result.ok);
  assert.deepEqual(
    result.errors.map((error) => [error.offset, error.hint]),
    [
      [3, "did you mean '%ci'?"],
      [12, undefined],
    ],
  );
});

test('what variables a mode refuses is what HAProxy refuses', () => {
  const httpOnly = [...logVariables().values()]
    .filter((variable) => variable.httpOnly)
    .map((variable) => variable.name);
  assert.deepEqual(httpOnly.sort(), 'CC CS HM HP HPO HQ HU HV TR Ta Ti Tq Tr r tr trg trl'.split(' '));
});

test('samples come in through the compiler that is passed', () => {
  const result = compileLogFormat('a %{+Q}[src,x(])] %[b]', {
    http: true,
    samples: (text, start) => {
      const end = text.startsWith('src', start) ? text.indexOf(')', start) + 1 : start + 1;
      const value = latin1(text.slice(start, end));
      return {
        sample: {
          needs: 'session',
          write: (_record, line, flags) => line.value(value, 0, value.length, flags),
        },
        end,
      };
    },
  });
  assert.ok(result.ok);
  assert.equal(write(result.format, simpleRecord()), 'a "src,x(])" b');
  const failed = compileLogFormat('a %[b]', {
    http: true,
    samples: () => ({ error: "unknown fetch method 'b'" }),
  });
  assert.ok(!failed.ok);
  assert.equal(failed.errors[0]?.message, "unknown fetch method 'b'.");
});

test('a format tells which moments its values wait for', () => {
  assert.deepEqual([...compile('%ci %r %ST %B').needs].sort(), ['end', 'request', 'response', 'session']);
  assert.deepEqual([...compile('text').needs], []);
});
