// The built-in checks of protocols, against servers that play good, bad and broken ones. Real servers: services.ts.

import { FIN, playChecks, RESET, type Step } from '../../harness/check-table.ts';
import { scenario } from '../../harness/scenario.ts';

function bytes(hex: string): string {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex').toString('latin1');
}

function failed(reason: string): string {
  return `failed, reason: ${reason}`;
}

const RESET_BY_PEER = failed('Socket error, info: "Connection reset by peer"');

scenario('option redis-check', {}, async (t) => {
  const rules = ['option redis-check'];
  const PING = '*1\r\n$4\r\nPING\r\n';
  await playChecks(t, [
    {
      name: 'ok',
      rules,
      server: [PING.length, '+PO', 'NG\r\n'],
      result: 'succeeded, reason: Layer7 check passed, code: 0, info: "Redis server is ok"',
      received: PING,
    },
    {
      name: 'denied',
      rules,
      server: [PING.length, '-NOAUTH no\r\n', FIN],
      result: failed('Layer7 wrong status, code: 0, info: "-NOAUTH no"'),
    },
    {
      name: 'closed',
      rules,
      server: [PING.length, FIN],
      result: failed('Layer7 wrong status, code: 0, info: "TCPCHK got an empty response at step 2"'),
    },
    { name: 'reset', rules, server: [PING.length, RESET], result: RESET_BY_PEER },
    {
      name: 'refused',
      rules,
      server: 'refuse',
      result: failed('Layer4 connection problem, info: "Connection refused"'),
    },
  ]);
});

scenario('option smtpchk', {}, async (t) => {
  const rules = ['option smtpchk'];
  const ehlo = ['option smtpchk EHLO a.test'];
  const HELO = 'HELO localhost\r\n';
  const EHLO = 'EHLO a.test\r\n';
  const passed = 'succeeded, reason: Layer7 check passed, code: 221, info: "bye"';
  await playChecks(t, [
    {
      name: 'helo',
      rules,
      server: ['220 hi\r\n', HELO.length, '250 ok\r\n', 6, '221 bye\r\n'],
      result: passed,
      received: `${HELO}QUIT\r\n`,
    },
    {
      name: 'ehlo',
      rules: ehlo,
      server: ['220 hi\r\n', EHLO.length, '250-a\r\n', '251-b\r\n250 c\r\n', 6, '221 bye\r\n'],
      result: passed,
      received: `${EHLO}QUIT\r\n`,
    },
    {
      name: 'odd-command',
      rules: ['option smtpchk HOLA a.test'],
      server: ['220 hi\r\n', HELO.length, '250\r\n', 6, '221 bye\r\n'],
      result: passed,
      received: `${HELO}QUIT\r\n`,
    },
    {
      name: 'rejected',
      rules,
      server: ['554 go away\r\n'],
      result: failed('Layer7 wrong status, code: 554, info: "go away"'),
    },
    {
      name: 'garbage',
      rules,
      server: ['hello there\r\n'],
      result: failed('Layer7 invalid response, info: "hello there"'),
    },
    {
      name: 'four-digits',
      rules,
      server: ['2200 hi\r\n'],
      result: failed('Layer7 invalid response, info: "2200 hi"'),
    },
    {
      name: 'closed',
      rules,
      server: [FIN],
      result: failed('Layer7 invalid response, info: "TCPCHK got an empty response at step 2"'),
    },
    {
      name: 'helo-refused',
      rules,
      server: ['220 hi\r\n', HELO.length, '421 no\r\n', FIN],
      result: failed('Layer7 wrong status, code: 421, info: "no"'),
    },
    {
      name: 'quit-refused',
      rules,
      server: ['220 hi\r\n', HELO.length, '250 ok\r\n', 6, '500 what\r\n'],
      result: failed('Layer7 wrong status, code: 500, info: "what"'),
    },
    {
      name: 'quit-unheard',
      rules,
      server: ['220 hi\r\n', HELO.length, '250 ok\r\n', 6, FIN],
      result: failed('Layer7 wrong status, code: 0, info: "TCPCHK got an empty response at step 7"'),
    },
  ]);
});

scenario('option ldap-check', {}, async (t) => {
  const BIND = bytes('300c020101600702010304008000');
  const check = (name: string, reply: readonly Step[], result: string) => ({
    name,
    rules: ['option ldap-check'],
    server: [BIND.length, ...reply],
    result,
    received: BIND,
  });
  const passed = 'succeeded, reason: Layer7 check passed, code: 0, info: "Success"';
  const foreign = failed('Layer7 invalid response, info: "Not LDAPv3 protocol"');
  const rfc = 'info: "See RFC: http://tools.ietf.org/html/rfc4511#section-4.1.9"';
  await playChecks(t, [
    check('ok', [bytes('300c02010161070a010004000400')], passed),
    check('in-pieces', [bytes('300c0201'), bytes('0161070a010004000400')], passed),
    check('long-lengths', [bytes('3084000000100201016184000000070a010004000400')], passed),
    check(
      'invalid-credentials',
      [bytes('300c02010161070a013104000400')],
      failed(`Layer7 wrong status, code: 49, ${rfc}`),
    ),
    check('other-message', [bytes('300c02010261070a010004000400')], foreign),
    check('other-response', [bytes('300c02010165070a010004000400')], foreign),
    check('garbage', ['HTTP/1.0 400 Bad Request\r\n'], foreign),
    check('cut', [bytes('300c0201'), FIN], failed('Layer7 invalid response')),
    check('closed', [FIN], failed('Layer7 invalid response, info: "TCPCHK got an empty response at step 2"')),
  ]);
});

function greeting(version: string): string {
  const payload = `\n${version}\0${bytes('01000000 6162636465666768 00 fef7 21 0200 0000 15')}${'\0'.repeat(10)}`;
  return `${String.fromCharCode(payload.length)}\0\0\0${payload}`;
}

scenario('option mysql-check', {}, async (t) => {
  const LOGIN_41 = `${bytes('25000001 00820000 00800001 21')}${'\0'.repeat(23)}joe\0\0${bytes('0100000001')}`;
  const LOGIN_40 = `${bytes('0a000001 0080 000001')}joe\0\0${bytes('0100000001')}`;
  const user = ['option mysql-check user joe'];
  const alone = ['option mysql-check'];
  const passed = 'succeeded, reason: Layer7 check passed, code: 0, info: "8.0.1"';
  const ok = bytes('07000002 00000002000000');
  const error = (sequence: string): string => `${bytes(`0f0000${sequence} ff1504`)}#28000denied`;
  await playChecks(t, [
    {
      name: 'ok',
      rules: user,
      server: [greeting('8.0.1'), LOGIN_41.length, ok],
      result: passed,
      received: LOGIN_41,
    },
    {
      name: 'old-form',
      rules: ['option mysql-check user joe pre-41'],
      server: [greeting('8.0.1'), LOGIN_40.length, ok],
      result: passed,
      received: LOGIN_40,
    },
    { name: 'greeting', rules: alone, server: [greeting('8.0.1')], result: passed, received: '' },
    {
      name: 'blocked',
      rules: alone,
      server: [error('00')],
      result: failed('Layer7 wrong status, code: 1045, info: "#28000denied"'),
    },
    {
      name: 'denied',
      rules: user,
      server: [greeting('8.0.1'), LOGIN_41.length, error('02')],
      result: failed('Layer7 wrong status, code: 1045, info: "#28000denied"'),
    },
    {
      name: 'garbage',
      rules: alone,
      server: ['SSH-2.0-OpenSSH\r\n', FIN],
      result: failed('Layer7 invalid response'),
    },
    {
      name: 'cut',
      rules: alone,
      server: [greeting('8.0.1').slice(0, 20), FIN],
      result: failed('Layer7 invalid response'),
    },
    {
      name: 'half',
      rules: user,
      server: [greeting('8.0.1'), LOGIN_41.length, FIN],
      result: failed('Layer7 invalid response'),
    },
    {
      name: 'closed',
      rules: alone,
      server: [FIN],
      result: failed('Layer7 invalid response, info: "TCPCHK got an empty response at step 2"'),
    },
  ]);
});

scenario('option pgsql-check', {}, async (t) => {
  const STARTUP = `${bytes('00000012 00030000')}user\0bob\0\0`;
  const check = (name: string, reply: readonly Step[], result: string) => ({
    name,
    rules: ['option pgsql-check user bob'],
    server: [STARTUP.length, ...reply],
    result,
    received: STARTUP,
  });
  const passed = 'succeeded, reason: Layer7 check passed, code: 0, info: "PostgreSQL server is ok"';
  const unknown = failed('Layer7 wrong status, code: 0, info: "PostgreSQL unknown error"');
  await playChecks(t, [
    check('trusted', [bytes('520000000800000000')], passed),
    check('md5', [bytes('520000000c 00000005 01020304')], passed),
    check('sasl', [bytes('5200000017 0000000a'), 'SCRAM-SHA-256\0\0'], passed),
    check(
      'error',
      [`E${bytes('0000002e')}SFATAL\0C28000\0Mno entry\0\0`],
      failed('Layer7 invalid response, info: "FATAL"'),
    ),
    check('other-way', [bytes('520000000800000001')], unknown),
    check('garbage', ['HTTP/1.0 400 Bad Request\r\n'], unknown),
    check('cut', ['R', FIN], unknown),
    check('closed', [FIN], failed('Layer7 invalid response, info: "TCPCHK got an empty response at step 3"')),
  ]);
});

scenario('option ssl-hello-chk', {}, async (t) => {
  const check = (name: string, reply: readonly Step[], result: string) => ({
    name,
    rules: ['option ssl-hello-chk'],
    server: [126, ...reply],
    result,
    received: { begins: bytes('1603000079 01000075 0300') },
  });
  await playChecks(t, [
    check('hello', [bytes('160300004a 02')], 'succeeded, reason: Layer6 check passed'),
    check('alert', [bytes('1503000002 0228')], 'succeeded, reason: Layer6 check passed'),
    check('garbage', ['HTTP/1.0 400 Bad Request\r\n'], failed('Layer6 invalid response')),
    check('closed', [FIN], failed('Layer6 invalid response, info: "TCPCHK got an empty response at step 2"')),
    check('reset', [RESET], RESET_BY_PEER),
  ]);
});

function text(value: string): string {
  return String.fromCharCode(value.length) + value;
}

function frame(type: number, ...items: readonly string[]): string {
  const payload = `${String.fromCharCode(type)}${bytes('00000001 0000')}${items.join('')}`;
  return `\0\0\0${String.fromCharCode(payload.length)}${payload}`;
}

scenario('option spop-check', {}, async (t) => {
  const HELLO = [
    bytes('0000004e 01 00000001 0000'),
    `${text('supported-versions')}\x08${text('2.0')}${text('max-frame-size')}\x03\xfc\xf0\x06`,
    `${text('capabilities')}\x08\0${text('healthcheck')}\x11`,
  ].join('');
  const check = (name: string, reply: readonly Step[], result: string) => ({
    name,
    rules: ['option spop-check'],
    server: [HELLO.length, ...reply],
    result,
    received: HELLO,
  });
  const version = `${text('version')}\x08${text('2.0')}`;
  const size = `${text('max-frame-size')}\x03\xfc\xf0\x06`;
  const invalid = (info: string): string => failed(`Layer7 invalid response, info: "${info}"`);
  const status = (code: string): string =>
    `${text('status-code')}\x03${code}${text('message')}\x08${text('m')}`;
  await playChecks(t, [
    check(
      'ok',
      [frame(101, version, size)],
      'succeeded, reason: Layer7 check passed, code: 0, info: "SPOA server is ok"',
    ),
    check(
      'other-version',
      [frame(101, `${text('version')}\x08${text('1.0')}`, size)],
      invalid('unsupported version'),
    ),
    check('no-version', [frame(101, size)], invalid('version value not found')),
    check('no-size', [frame(101, version)], invalid('max-frame-size value not found')),
    check(
      'small',
      [frame(101, version, `${text('max-frame-size')}\x03\x0a`)],
      invalid('max-frame-size too big or too small'),
    ),
    check('disconnect', [frame(102, status('\x02'))], invalid('a timeout occurred')),
    check('unknown-reason', [frame(102, status('\x63'))], invalid('an unknown error occurred')),
    check('other-frame', [frame(103)], invalid('invalid frame received')),
    check('cut', [frame(101, version, size).slice(0, 20), FIN], invalid('invalid frame received')),
    check('closed', [FIN], invalid('TCPCHK got an empty response at step 2')),
  ]);
});
