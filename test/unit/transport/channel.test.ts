// A channel over real connections: it owns a buffer only while there are bytes, keeps them in order through compaction,
// and tells failures and the end of the stream from having to wait.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { EventLoop } from '../../../src/loop/event-loop.ts';
import { u8 } from '../../../src/os/arena.ts';
import { BufferPool, NO_BUFFER } from '../../../src/transport/buffer-pool.ts';
import { Channel } from '../../../src/transport/channel.ts';
import { type Connection, END_OF_STREAM, FAILED, WOULD_BLOCK } from '../../../src/transport/connection.ts';
import { connectionOf, loopbackPair } from './loopback-pair.ts';

const SIZE_BYTES = 16_384;
const HEADROOM_BYTES = 1024;
const loop = new EventLoop(16);
const pool = new BufferPool(SIZE_BYTES);
const nobody = { onReady() {}, onConnectionBug() {} };

function openPair(smallBuffers = false): [Connection, Connection] {
  const [near, far] = loopbackPair(smallBuffers);
  return [connectionOf(loop, near, nobody), connectionOf(loop, far, nobody)];
}

after(() => assert.equal(pool.used, 0));

/** Puts text where the channel's bytes end, as if it had been received. */
function put(channel: Channel, text: string): void {
  assert.ok(channel.open());
  u8.set(Buffer.from(text, 'latin1'), channel.tail);
  channel.tail += text.length;
  channel.ready = channel.tail;
}

function content(channel: Channel): string {
  return Buffer.from(u8.subarray(channel.head, channel.tail)).toString('latin1');
}

test('bytes go from connection to connection, and the buffer goes back', () => {
  const [a, b] = openPair();
  const [c, d] = openPair();
  const out = new Channel(pool, HEADROOM_BYTES);
  put(out, 'hello');
  assert.equal(pool.used, 1);
  assert.equal(out.drain(a), 5);
  out.releaseIfEmpty();
  assert.equal(out.buffer, NO_BUFFER);
  const through = new Channel(pool, 0);
  assert.equal(through.fill(b), 5);
  assert.equal(content(through), 'hello');
  through.ready = through.tail;
  assert.equal(through.drain(c), 5);
  assert.equal(through.length, 0);
  through.releaseIfEmpty();
  const end = new Channel(pool, 0);
  assert.equal(end.fill(d), 5);
  assert.equal(content(end), 'hello');
  end.release();
  end.release();
  for (const each of [a, b, c, d]) each.close();
});

test('a read with nothing to read waits, the end and a reset are told apart', () => {
  const [a, b] = openPair();
  const channel = new Channel(pool, 0);
  assert.equal(channel.fill(b), WOULD_BLOCK);
  assert.equal(b.readable, false);
  a.shutdownWrite();
  b.readable = true;
  assert.equal(channel.fill(b), END_OF_STREAM);
  assert.equal(b.error, 0);
  channel.releaseIfEmpty();
  a.close();
  b.close();

  const [c, d] = openPair();
  c.reset();
  assert.equal(channel.fill(d), FAILED);
  assert.notEqual(d.error, 0);
  assert.equal(d.readable, false);
  channel.release();
  d.close();
  assert.ok(d.closed);
  d.close();

  // The object serves another descriptor, and has forgotten the broken one.
  const [e, f] = loopbackPair();
  d.open(e);
  const g = connectionOf(loop, f, nobody);
  assert.deepEqual([d.closed, d.error, d.readable, d.writable], [false, 0, true, true]);
  assert.equal(channel.fill(d), WOULD_BLOCK);
  channel.release();
  d.close();
  g.close();
});

test('a sink that takes no more stops the drain without losing a byte', () => {
  const [a, b] = openPair(true);
  const channel = new Channel(pool, 0);
  let sent = '';
  while (a.writable) {
    const text = String(sent.length).padEnd(10_000, 'x');
    channel.releaseIfEmpty();
    put(channel, text);
    sent += text;
    assert.notEqual(channel.drain(a), FAILED);
  }
  assert.ok(channel.length > 0);
  assert.equal(channel.drain(a), 0);
  let received = '';
  const sink = new Channel(pool, 0);
  for (let turn = 0; received.length < sent.length && turn < 1_000_000; turn++) {
    b.readable = true;
    const count = sink.fill(b);
    if (count > 0) {
      received += content(sink);
      sink.clear();
    }
    a.writable = true;
    assert.notEqual(channel.drain(a), FAILED);
  }
  assert.equal(received, sent);
  channel.release();
  sink.release();
  a.close();
  b.close();
});

test('compaction makes room behind and keeps the bytes', () => {
  const channel = new Channel(pool, HEADROOM_BYTES);
  put(channel, 'a'.repeat(SIZE_BYTES - HEADROOM_BYTES - 6));
  put(channel, 'bcdefg');
  assert.equal(channel.room, 0);
  channel.head = channel.tail - 6;
  channel.ready = channel.head + 2;
  channel.compact();
  assert.equal(channel.head, channel.buffer + HEADROOM_BYTES);
  assert.equal(content(channel), 'bcdefg');
  assert.equal(channel.ready, channel.head + 2);
  assert.equal(channel.room, SIZE_BYTES - HEADROOM_BYTES - 6);
  const { head } = channel;
  channel.compact();
  assert.equal(channel.head, head);
  channel.release();
});

test('bytes below the floor are not overwritten by compaction', () => {
  const channel = new Channel(pool, HEADROOM_BYTES);
  put(channel, 'head|body');
  channel.head += 5;
  channel.ready = channel.head;
  channel.floor = channel.head;
  const { head } = channel;
  channel.compact();
  assert.equal(channel.head, head);
  assert.equal(Buffer.from(u8.subarray(head - 5, head)).toString('latin1'), 'head|');
  channel.release();
});

test('an emptied channel keeps a little room in front for lines that grow, and none where nothing is rewritten', () => {
  const rewriting = new Channel(pool, HEADROOM_BYTES);
  assert.ok(rewriting.open());
  rewriting.clear();
  assert.ok(rewriting.head - rewriting.floor >= 2);
  assert.ok(rewriting.room > SIZE_BYTES - HEADROOM_BYTES);
  assert.equal(rewriting.head, rewriting.tail);
  rewriting.release();
  const plain = new Channel(pool, 0);
  assert.ok(plain.open());
  plain.clear();
  assert.equal(plain.room, SIZE_BYTES);
  plain.release();
});

test('without a buffer to be had, a channel waits', () => {
  const [a, b] = openPair();
  const taken: number[] = [];
  for (let buffer = pool.take(); buffer !== NO_BUFFER; buffer = pool.take()) taken.push(buffer);
  const channel = new Channel(pool, 0);
  assert.equal(channel.open(), false);
  assert.equal(channel.fill(b), WOULD_BLOCK);
  assert.equal(b.readable, true);
  for (const buffer of taken) pool.give(buffer);
  a.close();
  b.close();
});
