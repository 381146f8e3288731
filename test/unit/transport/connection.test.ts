// When a connection tells the kernel to hold nothing back, and how the end of a connection follows its last bytes.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { EventLoop } from '../../../src/loop/event-loop.ts';
import { base, reserve, u8, view } from '../../../src/os/arena.ts';
import { IPPROTO_TCP, TCP_NODELAY } from '../../../src/os/constants.ts';
import { getsockopt } from '../../../src/os/libc.ts';
import { Connection, END_OF_STREAM, WOULD_BLOCK } from '../../../src/transport/connection.ts';
import { connectionOf, loopbackPair } from './loopback-pair.ts';

const nobody = { onReady() {}, onConnectionBug() {} };
const loop = new EventLoop(16);
const area = reserve(4096, 8);
const cell = reserve(8, 8);
const opened: Connection[] = [];
after(() => {
  for (const each of opened) each.close();
});

/** A connection whose kernel side still waits for acknowledgements, and its peer. */
function fresh(): [Connection, Connection] {
  const [near, far] = loopbackPair();
  const connection = new Connection(loop, nobody);
  connection.open(near, true);
  const peer = connectionOf(loop, far, nobody);
  opened.push(connection, peer);
  return [connection, peer];
}

function noDelay({ fd }: Connection): boolean {
  view.setInt32(cell + 4, 4, true);
  assert.equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, base + cell, base + cell + 4), 0);
  return view.getInt32(cell, true) !== 0;
}

test('one small piece needs no word to the kernel, the second does', () => {
  const [connection] = fresh();
  assert.equal(connection.write(area, 100), 100);
  assert.equal(noDelay(connection), false);
  assert.equal(connection.write(area, 100), 100);
  assert.equal(noDelay(connection), true);
});

test('a piece that may need two packets does at once', () => {
  const [connection] = fresh();
  assert.equal(connection.write(area, 1500), 1500);
  assert.equal(noDelay(connection), true);
});

test('what waits for more has not been sent: the piece behind it is still the first', () => {
  const [connection, peer] = fresh();
  assert.equal(connection.write(area, 50, true), 50);
  assert.equal(connection.write(area, 50), 50);
  assert.equal(noDelay(connection), false);
  assert.equal(peer.read(area, 4096), 100);
});

test('bytes that waited for the close come with it', () => {
  const [connection, peer] = fresh();
  u8.fill(7, area, area + 10);
  assert.equal(connection.write(area, 10, true), 10);
  assert.equal(peer.read(area, 4096), WOULD_BLOCK);
  connection.close();
  peer.readable = true;
  assert.equal(peer.read(area, 4096), 10);
  peer.readable = true;
  assert.equal(peer.read(area, 4096), END_OF_STREAM);
});
