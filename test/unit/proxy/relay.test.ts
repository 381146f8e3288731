// A relay between real TCP connections, on a real loop: every byte arrives in order, through buffers and through pipes,
// with a reader that is slow; the end goes on; nothing is left behind.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { EventLoop } from '../../../src/loop/event-loop.ts';
import { Timer } from '../../../src/loop/timer-wheel.ts';
import { reserve, u8 } from '../../../src/os/arena.ts';
import {
  RELAY_AGAIN,
  RELAY_OK,
  RELAY_SINK_FAILED,
  RELAY_SOURCE_FAILED,
  Relay,
} from '../../../src/proxy/relay.ts';
import { BufferPool } from '../../../src/transport/buffer-pool.ts';
import { Channel } from '../../../src/transport/channel.ts';
import { type Connection, END_OF_STREAM, FAILED } from '../../../src/transport/connection.ts';
import { PipePool } from '../../../src/transport/pipe.ts';
import { connectionOf, loopbackPair } from '../transport/loopback-pair.ts';

const PIECE_BYTES = 8192;
const DEADLINE_MS = 20_000;
// All that is fixed is reserved before the pool takes the rest.
const source = reserve(PIECE_BYTES);
const sink = reserve(PIECE_BYTES);
const loops = [0, 1, 2, 3].map(() => new EventLoop(16));
const pool = new BufferPool(16_384);
const gauge = new Int32Array(new SharedArrayBuffer(4));
const pipes = new PipePool(gauge, 0, 8, undefined);

after(() => assert.equal(pool.used, 0));

/** A byte that depends on its place only, with a period that fits no buffer. */
function byteAt(place: number): number {
  return ((place % 65_521) * 7 + Math.floor(place / 65_521)) & 255;
}

function begun(from: Connection, to: Connection, channel: Channel, pipes: PipePool | null): Relay {
  const relay = new Relay();
  relay.begin(from, to, channel, pipes);
  return relay;
}

/** Sends `totalBytes` through a relay on its own loop, and checks them at the other end. */
class Run {
  readonly relay: Relay;
  received = 0;
  ended = false;
  verdict = RELAY_OK;
  private sent = 0;
  private readonly loop: EventLoop;
  private readonly totalBytes: number;
  private readonly readBytes: number;
  private readonly ends: Connection[];
  private readonly sender: Connection;
  private readonly receiver: Connection;

  constructor(loop: EventLoop, totalBytes: number, readBytes: number, withPipes: PipePool | null) {
    this.loop = loop;
    this.totalBytes = totalBytes;
    this.readBytes = readBytes;
    const [a, b] = loopbackPair();
    const [c, d] = loopbackPair(true);
    const user = (onReady: () => void) => ({
      onReady,
      onConnectionBug: (_: Connection, error: unknown) => {
        throw error;
      },
    });
    this.sender = connectionOf(
      loop,
      a,
      user(() => this.send()),
    );
    const from = connectionOf(
      loop,
      b,
      user(() => this.turn()),
    );
    const to = connectionOf(
      loop,
      c,
      user(() => this.turn()),
    );
    this.receiver = connectionOf(
      loop,
      d,
      user(() => this.receive()),
    );
    this.ends = [this.sender, from, to, this.receiver];
    this.relay = begun(from, to, new Channel(pool, 0), withPipes);
    for (const each of this.ends) assert.ok(each.watchAccepted());
  }

  run(): void {
    const { loop } = this;
    let late = false;
    const timer = new Timer({
      onTimer: () => {
        late = true;
        loop.stop();
      },
    });
    loop.timers.arm(timer, (loop.now + DEADLINE_MS) | 0);
    this.send();
    this.turn();
    loop.run();
    for (const each of this.ends) each.close();
    this.relay.release();
    assert.ok(!late, `only ${this.received} of ${this.totalBytes} bytes arrived`);
  }

  private send(): void {
    while (this.sent < this.totalBytes && this.sender.writable) {
      const length = Math.min(PIECE_BYTES, this.totalBytes - this.sent);
      for (let i = 0; i < length; i++) u8[source + i] = byteAt(this.sent + i);
      const count = this.sender.write(source, length);
      if (count < 0) return;
      this.sent += count;
      if (this.sent === this.totalBytes) this.sender.shutdownWrite();
    }
  }

  private turn(): void {
    this.verdict = this.relay.run();
    if (this.verdict === RELAY_AGAIN)
      this.loop.defer({
        runDeferred: () => this.turn(),
        onBug: (error) => {
          throw error;
        },
      });
    else if (this.verdict !== RELAY_OK) this.loop.stop();
  }

  private receive(): void {
    while (this.receiver.readable) {
      const count = this.receiver.read(sink, this.readBytes);
      if (count === END_OF_STREAM) {
        this.ended = true;
        this.loop.stop();
        return;
      }
      assert.notEqual(count, FAILED);
      for (let i = 0; i < count; i++) {
        if (u8[sink + i] !== byteAt(this.received + i)) assert.fail(`byte ${this.received + i} is wrong`);
      }
      if (count > 0) this.received += count;
    }
  }
}

const TOTAL_BYTES = 3_000_007;

for (const [name, withPipes] of [
  ['buffers', null],
  ['pipes', pipes],
] as const) {
  test(`every byte arrives, and then the end, through ${name}`, () => {
    const run = new Run(loops.shift() as EventLoop, TOTAL_BYTES, 1500, withPipes);
    run.run();
    assert.equal(run.received, TOTAL_BYTES);
    assert.ok(run.ended);
    assert.equal(run.relay.bytes, TOTAL_BYTES);
    assert.ok(run.relay.finished);
    assert.equal(pool.used, 0);
  });
}

test('pipes are counted, and kept for the next transfer', () => {
  const kept = gauge[0] as number;
  assert.ok(kept > 0, 'the transfer before went through a pipe');
  const taken = [];
  for (let pipe = pipes.take(); pipe !== null; pipe = pipes.take()) taken.push(pipe);
  assert.equal(taken.length, 8);
  assert.equal(gauge[0], 8);
  const [first] = taken;
  assert.ok(first !== undefined);
  // A pipe with something in it is nobody's: it is closed.
  first.pending = 1;
  for (const pipe of taken) pipes.give(pipe);
  assert.equal(gauge[0], 7);
});

test('a source that is reset and a sink that is gone are told apart', () => {
  const loop = loops.shift() as EventLoop;
  const nobody = { onReady() {}, onConnectionBug() {} };
  const open = (fds: [number, number]) =>
    fds.map((fd) => connectionOf(loop, fd, nobody)) as [Connection, Connection];

  const [a, b] = open(loopbackPair());
  const [c, d] = open(loopbackPair());
  const broken = begun(b, c, new Channel(pool, 0), null);
  a.reset();
  assert.equal(broken.run(), RELAY_SOURCE_FAILED);
  broken.release();

  const [e, f] = open(loopbackPair());
  const refused = begun(f, c, new Channel(pool, 0), null);
  d.reset();
  u8[source] = 1;
  assert.equal(e.write(source, 1), 1);
  assert.equal(refused.run(), RELAY_SINK_FAILED);
  refused.release();
  for (const each of [b, c, e, f]) each.close();
});
