// The buffer pool: every buffer has one owner, exhaustion is told, and unneeded pages go back to the system.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { u8 } from '../../../src/os/arena.ts';
import { BufferPool, NO_BUFFER } from '../../../src/transport/buffer-pool.ts';

const SIZE_BYTES = 10_000;
const PAGE_BYTES = 4096;
// The pool takes all that is left of the arena, so there is one for all tests; each gives back what it takes.
const pool = new BufferPool(SIZE_BYTES);

function takeAll(): number[] {
  const taken: number[] = [];
  for (let buffer = pool.take(); buffer !== NO_BUFFER; buffer = pool.take()) taken.push(buffer);
  return taken;
}

test('buffers do not overlap, begin on pages and lie within the arena', () => {
  const taken = takeAll().sort((a, b) => a - b);
  assert.equal(taken.length, pool.capacity);
  assert.ok(taken.length > 20);
  for (const [index, buffer] of taken.entries()) {
    assert.equal(buffer % PAGE_BYTES, 0);
    assert.ok(buffer + SIZE_BYTES <= (taken[index + 1] ?? u8.length));
  }
  for (const buffer of taken) pool.give(buffer);
  assert.equal(pool.used, 0);
});

test('an exhausted pool says so, and goes on when one is given back', () => {
  const taken = takeAll();
  assert.equal(pool.used, pool.capacity);
  assert.equal(pool.take(), NO_BUFFER);
  const last = taken.pop() as number;
  pool.give(last);
  assert.equal(pool.take(), last);
  assert.equal(pool.take(), NO_BUFFER);
  pool.give(last);
  for (const buffer of taken) pool.give(buffer);
  assert.equal(pool.used, 0);
});

test('the buffer that was given back last is taken first', () => {
  const [a, b] = [pool.take(), pool.take()];
  pool.give(a);
  pool.give(b);
  assert.equal(pool.take(), b);
  assert.equal(pool.take(), a);
  pool.give(a);
  pool.give(b);
});

test('giving back twice, or what is no buffer, throws', () => {
  const buffer = pool.take();
  assert.throws(() => pool.give(buffer + 1));
  assert.throws(() => pool.give(NO_BUFFER));
  pool.give(buffer);
  assert.throws(() => pool.give(buffer), /twice/);
  assert.equal(pool.used, 0);
});

test('trim returns the pages of buffers that were not needed, and of no others', () => {
  const taken = takeAll();
  const kept = taken.splice(0, 2);
  for (const buffer of [...taken, ...kept]) u8.fill(7, buffer, buffer + SIZE_BYTES);
  for (const buffer of taken) pool.give(buffer);
  // What was in use since the last look is left alone at first.
  pool.trim();
  const busy = pool.take();
  pool.give(busy);
  pool.trim();
  for (const buffer of kept) assert.ok(u8.subarray(buffer, buffer + SIZE_BYTES).every((byte) => byte === 7));
  assert.equal(u8[busy], 7);
  for (const buffer of taken) if (buffer !== busy) assert.equal(u8[buffer], 0);
  for (const buffer of kept) pool.give(buffer);
  assert.equal(pool.used, 0);
});
