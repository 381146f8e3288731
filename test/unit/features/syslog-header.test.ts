/** Holds syslog headers to those that HAProxy 2.6.12 sent, and long ones to its ways of cutting. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogFormat } from '../../../src/config/model.ts';
import {
  FACILITIES,
  LEVELS,
  levelAt,
  SyslogSource,
  writeSyslogHeader,
} from '../../../src/protocol/syslog/header.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const NONE = new Uint8Array(0);
const INFO = LEVELS.indexOf('info');
const haproxy = new SyslogSource(latin1('haproxy'), NONE, 27082);

function header(
  format: LogFormat,
  options: {
    source?: SyslogSource;
    facility?: string;
    sd?: string;
    level?: number;
    nowUs?: number;
    limit?: number;
  } = {},
): string {
  const u8 = new Uint8Array(300).fill(0xaa);
  const facility = FACILITIES.indexOf((options.facility ?? 'local3') as (typeof FACILITIES)[number]);
  const target = { format, facility, level: 7, minLevel: 0 };
  const limit = 20 + (options.limit ?? 250);
  const end = writeSyslogHeader(
    u8,
    20,
    limit,
    target,
    options.level ?? INFO,
    options.source ?? haproxy,
    options.nowUs ?? Date.UTC(2026, 10, 20, 10, 47, 12) * 1000 + 845166,
    latin1(options.sd ?? ''),
  );
  const stop = end < 0 ? -end - 1 : end;
  assert.ok(stop <= limit && u8.subarray(stop).every((byte) => byte === 0xaa));
  return Buffer.from(u8.subarray(20, stop)).toString('latin1') + (end < 0 ? '<end>' : '');
}

const zones: [string, string, string][] = [
  ['UTC', '10:47:12', '+00:00'],
  ['Asia/Kolkata', '16:17:12', '+05:30'],
  ['America/St_Johns', '07:17:12', '-03:30'],
];

for (const [zone, clock, distance] of zones) {
  test(`every format in ${zone}`, () => {
    process.env['TZ'] = zone;
    // The text of a second is made once: each zone needs a second of its own.
    header('iso', { nowUs: 0 });
    const iso = `2026-11-20T${clock}.845166${distance}`;
    assert.equal(header('local'), `<158>Nov 20 ${clock} haproxy[27082]: `);
    assert.equal(header('rfc3164'), `<158>Nov 20 ${clock} localhost haproxy[27082]: `);
    assert.equal(header('rfc5424'), `<158>1 ${iso} - haproxy 27082 - - `);
    assert.equal(header('priority'), '<158>');
    assert.equal(header('short'), '<6>');
    assert.equal(header('timed'), `<6>${iso} `);
    assert.equal(header('iso'), `${iso} `);
    assert.equal(header('raw'), '');
  });
}

test('tag, host name and structured data', () => {
  process.env['TZ'] = 'UTC';
  header('iso', { nowUs: 0 });
  const source = new SyslogSource(latin1('my tag'), latin1('my.host'), 9);
  assert.equal(header('local', { source }), '<158>Nov 20 10:47:12 my tag[9]: ');
  assert.equal(header('rfc3164', { source }), '<158>Nov 20 10:47:12 my.host my tag[9]: ');
  assert.equal(
    header('rfc5424', { source, sd: '[exampleSDID@1234 bytes="107" status="200"]' }),
    '<158>1 2026-11-20T10:47:12.845166+00:00 my.host my tag 9 - [exampleSDID@1234 bytes="107" status="200"] ',
  );
});

test('priorities and days of one digit', () => {
  assert.equal(header('priority', { facility: 'kern' }), '<6>');
  assert.equal(header('priority', { facility: 'auth2' }), '<86>');
  assert.equal(header('priority', { facility: 'local7', level: 7 }), '<191>');
  assert.equal(header('short', { level: 0 }), '<0>');
  const nowUs = Date.UTC(2027, 1, 3, 4, 5, 6) * 1000 + 7;
  assert.equal(header('local', { nowUs }), '<158>Feb  3 04:05:06 haproxy[27082]: ');
  assert.equal(header('iso', { nowUs }), '2027-02-03T04:05:06.000007+00:00 ');
});

test('levels are filtered and capped', () => {
  const target = {
    format: 'raw',
    facility: 16,
    level: LEVELS.indexOf('notice'),
    minLevel: LEVELS.indexOf('warning'),
  } as const;
  assert.equal(levelAt(target, INFO), -1);
  assert.equal(levelAt(target, LEVELS.indexOf('notice')), 5);
  assert.equal(levelAt(target, LEVELS.indexOf('err')), 4);
});

test('what does not fit is left out with all behind it', () => {
  const source = new SyslogSource(latin1('T'.repeat(100)), NONE, 9);
  assert.equal(header('local', { source, limit: 80 }), '<158>Nov 20 10:47:12 <end>');
  assert.equal(header('rfc5424', { source, limit: 80 }), '<158>1 2026-11-20T10:47:12.845166+00:00 - <end>');
  assert.equal(
    header('rfc5424', { sd: 'z'.repeat(100), limit: 150 }),
    '<158>1 2026-11-20T10:47:12.845166+00:00 - haproxy 27082 - <end>',
  );
});
