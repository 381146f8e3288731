/** Captured values are bounded, used again, and empty for the next stream. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addCaptureSlot } from '../../../src/config/keywords/captures.ts';
import { CapturePlan } from '../../../src/expr/captures/capture-plan.ts';
import type { CapturedValue } from '../../../src/expr/captures/captures.ts';
import { load } from '../config/haproxy-verdict.ts';

const { configuration } = load('frontend f\n bind :8000\n timeout client 1s\n capture cookie SID len 99\n');
const { tune } = configuration.global;

function plan(...lengths: readonly number[]): CapturePlan {
  const proxy = structuredClone(configuration.proxies[0]);
  assert.ok(proxy !== undefined);
  for (const length of lengths) addCaptureSlot(proxy, 'request', length);
  const made = CapturePlan.of(proxy, tune);
  assert.ok(made !== null);
  return made;
}

function textOf(value: CapturedValue | undefined): string | undefined {
  if (value?.isThere !== true) return undefined;
  return Buffer.from(value.u8.subarray(0, value.length)).toString('latin1');
}

test('a value is cut at the length of its slot, and no memory is kept beyond it', () => {
  const captures = plan(3, 0, -1, 1 << 30).take();
  const [short, none, whole, huge] = captures.request;
  const long = Buffer.alloc(40_000, 'abcdefgh');
  for (const value of captures.request) value.set(long, 0, long.length);
  assert.equal(textOf(short), 'abc');
  assert.equal(textOf(none), '');
  assert.equal(textOf(whole)?.length, tune.bufsize);
  assert.equal(huge?.u8.length, tune.bufsize);
  assert.equal(short?.u8.length, 3);
  captures.requestCookie.set(long, 0, long.length);
  assert.equal(captures.requestCookie.u8.length, tune.httpCookieLength);
});

test('what one stream has captured is gone for the next, which uses its memory', () => {
  const slots = plan(100);
  const first = slots.take();
  first.request[0]?.set(Buffer.from('abc'), 0, 3);
  first.requestCookie.set(Buffer.from('abc'), 0, 3);
  first.responseCookie.set(Buffer.from('abc'), 0, 3);
  const memory = first.request[0]?.u8;
  assert.notEqual(slots.take(), first);
  slots.give(first);
  const next = slots.take();
  assert.equal(next, first);
  assert.equal(next.request[0]?.u8, memory);
  assert.equal(textOf(next.request[0]), undefined);
  assert.equal(next.requestCookie.isThere, false);
  assert.equal(next.responseCookie.isThere, false);
});

test('a frontend that captures nothing has no plan', () => {
  const { configuration: other } = load('frontend f\n bind :8000\n timeout client 1s\n');
  const [proxy] = other.proxies;
  assert.ok(proxy !== undefined);
  assert.equal(CapturePlan.of(proxy, tune), null);
});
