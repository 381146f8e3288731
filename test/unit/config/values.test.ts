/** Times, sizes, addresses, networks and conditions: the values of the language. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AddressRules, parseAddress, parseNetwork } from '../../../src/config/address-parser.ts';
import { readBindAddresses } from '../../../src/config/bind-addresses.ts';
import { evaluateCondition } from '../../../src/config/conditions.ts';
import { Environment } from '../../../src/config/environment.ts';
import { nearestWord } from '../../../src/config/suggest.ts';
import { parseSize, parseTime } from '../../../src/config/time-and-size.ts';

const environment = new Environment({ HOME: '/home/me', PORT: '8080' });

test('times have units, round up, and overflow', () => {
  assert.deepEqual(parseTime('5', 'ms'), { ok: true, value: 5 });
  assert.deepEqual(parseTime('5s', 'ms'), { ok: true, value: 5000 });
  assert.deepEqual(parseTime('2m', 's'), { ok: true, value: 120 });
  assert.deepEqual(parseTime('1us', 'ms'), { ok: true, value: 1 });
  assert.deepEqual(parseTime('2147483647', 'ms'), { ok: true, value: 2147483647 });
  assert.deepEqual(parseTime('30d', 'ms'), { ok: false, fault: 'overflow' });
  assert.deepEqual(parseTime('5x', 'ms'), { ok: false, fault: 'character', character: 'x' });
  assert.deepEqual(parseTime('-5', 'ms'), { ok: false, fault: 'character', character: '-' });
  assert.deepEqual(parseTime('s', 'ms'), { ok: false, fault: 'character', character: 's' });
});

test('sizes have k, m and g', () => {
  assert.deepEqual(parseSize('16k'), { ok: true, value: 16384 });
  assert.deepEqual(parseSize('1G'), { ok: true, value: 1024 ** 3 });
  assert.deepEqual(parseSize('1kb'), { ok: false, character: 'b' });
});

const server: AddressRules = { port: 'optional', portOffset: true, names: true };

function address(text: string, rules = server): unknown {
  const parsed = parseAddress(text, rules);
  return parsed.ok ? parsed.value.address : parsed.message;
}

test('addresses of servers', () => {
  assert.deepEqual(address('1.2.3.4:80'), { family: 'inet', host: '1.2.3.4', port: 80 });
  assert.deepEqual(address('127.1:80'), { family: 'inet', host: '127.0.0.1', port: 80 });
  assert.deepEqual(address('[::1]:80'), { family: 'inet6', host: '::1', port: 80 });
  assert.deepEqual(address('::1:80'), { family: 'inet6', host: '::1', port: 80 });
  assert.deepEqual(address('[::1]'), { family: 'inet6', host: '::1', port: 0 });
  assert.deepEqual(address('*'), { family: 'inet', host: '0.0.0.0', port: 0 });
  assert.deepEqual(address('unix@/run/x'), { family: 'unix', path: '/run/x' });
  assert.deepEqual(address('/run/x'), { family: 'unix', path: '/run/x' });
  assert.deepEqual(address('abns@x'), { family: 'abns', name: 'x' });
  assert.equal(address('1.2.3.4:80-90'), "port range not permitted here in '1.2.3.4:80-90'");
  assert.equal(address('ipv4@[::1]:80'), "invalid address: '[::1]' in 'ipv4@[::1]:80'");
  assert.equal(address('udp@1.2.3.4:80'), "dgram-type address not acceptable in 'udp@1.2.3.4:80'");
});

test('names are kept and offsets are told apart from ports', () => {
  const named = parseAddress('backend.example:+3', server);
  assert.ok(named.ok);
  assert.equal(named.value.hostname, 'backend.example');
  assert.equal(named.value.portOffset, 3);
  const bare = parseAddress('backend.example', server);
  assert.ok(bare.ok);
  assert.equal(bare.value.hasPort, false);
  assert.equal(bare.value.portOffset, undefined);
});

test('bind lists spread out to one address for each listener', () => {
  assert.deepEqual(readBindAddresses(':8000-8002,ipv6@:9000', '', environment), [
    { family: 'inet', host: '0.0.0.0', port: 8000 },
    { family: 'inet', host: '0.0.0.0', port: 8001 },
    { family: 'inet', host: '0.0.0.0', port: 8002 },
    { family: 'inet6', host: '::', port: 9000 },
  ]);
  assert.deepEqual(readBindAddresses('127.0.0.1:$PORT,/x', '/run', environment), [
    { family: 'inet', host: '127.0.0.1', port: 8080 },
    { family: 'unix', path: '/run/x' },
  ]);
  assert.equal(
    readBindAddresses('fd@x', '', environment),
    "file descriptor 'x' is not a valid integer in 'fd@x'",
  );
});

test('networks have a prefix or a mask', () => {
  assert.deepEqual(parseNetwork('127.0.0.0/8'), { address: '127.0.0.0', prefix: 8 });
  assert.deepEqual(parseNetwork('10.0.0.0/255.255.0.0'), { address: '10.0.0.0', prefix: 16 });
  assert.deepEqual(parseNetwork('10.0.0.1/255.255.255.255'), { address: '10.0.0.1', prefix: 32 });
  assert.deepEqual(parseNetwork('0.0.0.0/0.0.0.0'), { address: '0.0.0.0', prefix: 0 });
  assert.deepEqual(parseNetwork('::1'), { address: '::1', prefix: 128 });
  assert.equal(parseNetwork('10.0.0.0/255.0.255.0'), undefined);
  assert.equal(parseNetwork('10.0.0.0/33'), undefined);
  assert.equal(parseNetwork('here'), undefined);
});

test('conditions', () => {
  const value = (text: string) => {
    const result = evaluateCondition(text, environment);
    return result.ok ? result.value : result.message;
  };
  assert.equal(value(''), false);
  assert.equal(value('1 && (0 || !0)'), true);
  assert.equal(value('1 || 0 && 0'), true);
  assert.equal(value('defined(HOME)'), true);
  assert.equal(value('defined(MISSING)'), false);
  assert.equal(value('streq("$HOME",/home/me)'), true);
  assert.equal(value('strneq(a,b)'), true);
  assert.equal(value('feature(OPENSSL) && !feature(QUIC)'), true);
  assert.equal(value('version_atleast(2.6-dev3) && version_before(2.7)'), true);
  assert.equal(value('version_atleast(2.6.13)'), false);
  assert.equal(value('openssl_version_atleast(1.1.1w)'), true);
  assert.equal(value('ssllib_name_startswith(Open)'), true);
  assert.equal(value('0 && zork'), "unparsable conditional expression 'zork'");
  assert.equal(value('(1'), "expected ')' after conditional expression '(1'");
});

test('the nearest word is near', () => {
  assert.equal(nearestWord('maxcon', ['mode', 'maxconn']), 'maxconn');
  assert.equal(nearestWord('serv', ['server', 'source']), 'server');
  assert.equal(nearestWord('qwerty', ['server', 'source']), undefined);
});
