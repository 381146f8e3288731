// The timer wheel against a list that is searched, on a simulated clock: moved deadlines, jumps, both points where the
// clock's 32 bits turn over, and callbacks that arm and release other timers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Timer, TimerWheel } from '../../../src/loop/timer-wheel.ts';

const LONGEST_DELAY_MS = 2 ** 31 - 1;

type Operation =
  | { readonly kind: 'arm'; readonly timer: number; readonly delayMs: number }
  | { readonly kind: 'disarm' | 'release'; readonly timer: number }
  | { readonly kind: 'advance'; readonly byMs: number };

/** What is done to which timer when one fires. */
interface Reaction {
  readonly timer: number;
  readonly delayMs: number | 'release' | 'disarm';
}

const TIMERS = 8;

class Model {
  /** Not wrapped, so that comparing is plain. */
  nowMs: number;
  readonly deadlines = new Map<number, number>();
  readonly wheel: TimerWheel;
  private readonly timers: Timer[] = [];
  private readonly armedNow = new Set<number>();
  private reactions: readonly Reaction[];
  private fired = 0;

  constructor(startMs: number, reactions: readonly Reaction[]) {
    this.nowMs = startMs;
    this.reactions = reactions;
    this.wheel = new TimerWheel(startMs | 0);
    for (let index = 0; index < TIMERS; index++)
      this.timers.push(new Timer({ onTimer: () => this.onFire(index) }));
  }

  arm(index: number, delayMs: number): void {
    this.deadlines.set(index, this.nowMs + delayMs);
    this.armedNow.add(index);
    this.wheel.arm(this.timers[index] as Timer, (this.nowMs + delayMs) | 0);
  }

  stop(index: number, how: 'disarm' | 'release'): void {
    this.deadlines.delete(index);
    this.wheel[how](this.timers[index] as Timer);
    if (how === 'release') assert.equal(this.timers[index]?.slot, -1);
  }

  advance(byMs: number): number {
    this.nowMs += byMs;
    const before = this.fired;
    this.armedNow.clear();
    const count = this.wheel.advance(this.nowMs | 0);
    assert.equal(count, this.fired - before);
    if (byMs > 0) {
      // What a callback armed for this very moment may wait for the next one.
      for (const [index, deadline] of this.deadlines)
        assert.ok(deadline > this.nowMs || this.armedNow.has(index), `timer ${index} did not fire`);
    }
    this.checkDelay();
    return count;
  }

  /** The loop may wake too early but never too late. */
  checkDelay(): void {
    const delay = this.wheel.delayMs(this.nowMs | 0);
    for (const deadline of this.deadlines.values()) {
      assert.ok(delay >= 0, 'a timer runs, and the loop would sleep for ever');
      assert.ok(delay <= Math.max(1, deadline - this.nowMs), 'the loop would sleep past a deadline');
    }
    for (const [index, timer] of this.timers.entries())
      assert.equal(timer.running, this.deadlines.has(index));
  }

  releaseAll(): void {
    for (let index = 0; index < TIMERS; index++) this.stop(index, 'release');
    assert.equal(this.wheel.queued, 0);
    assert.equal(this.wheel.delayMs(this.nowMs | 0), -1);
  }

  private onFire(index: number): void {
    const deadline = this.deadlines.get(index);
    assert.ok(deadline !== undefined, `timer ${index} fired though nobody armed it`);
    assert.ok(deadline <= this.nowMs, `timer ${index} fired ${deadline - this.nowMs} ms too early`);
    this.deadlines.delete(index);
    const reaction = this.reactions[this.fired++];
    if (reaction === undefined) return;
    const { timer, delayMs } = reaction;
    if (typeof delayMs === 'number') this.arm(timer, delayMs);
    else this.stop(timer, delayMs);
  }
}

const delay = fc.oneof(
  fc.integer({ min: -5, max: 600 }),
  fc.integer({ min: 0, max: 70_000 }),
  fc.integer({ min: 0, max: LONGEST_DELAY_MS }),
  fc.constantFrom(255, 256, 257, 65_535, 65_536, 65_537, 2 ** 24 - 1, 2 ** 24, 2 ** 24 + 1, LONGEST_DELAY_MS),
);
/** The wheel steps over empty time 256 ms at a time, so tests do not sleep for weeks. */
const sleepable = delay.filter((delayMs) => delayMs < 2 ** 21);
const timer = fc.nat(TIMERS - 1);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('arm' as const), timer, delayMs: delay }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('disarm' as const, 'release' as const), timer }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('advance' as const),
      byMs: fc.oneof(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 200_000 }),
        fc.constantFrom(65_536, 2 ** 20, 2 ** 20 + 77),
      ),
    }),
  },
);
const reaction: fc.Arbitrary<Reaction> = fc.record({
  timer,
  delayMs: fc.oneof(delay, fc.constantFrom('release' as const, 'disarm' as const)),
});
/** Ordinary starts, and starts shortly before the clock's numbers turn over. */
const start = fc.oneof(
  fc.nat(2 ** 20),
  fc.nat(400).map((before) => 2 ** 31 - before),
  fc.nat(70_000).map((before) => 2 ** 32 - before),
);

function apply(model: Model, each: Operation): void {
  if (each.kind === 'advance') model.advance(each.byMs);
  else if (each.kind === 'arm') model.arm(each.timer, each.delayMs);
  else model.stop(each.timer, each.kind);
  model.checkDelay();
}

test('the wheel fires what a list would fire, neither early nor late', () => {
  fc.assert(
    fc.property(
      start,
      fc.array(operation, { maxLength: 40 }),
      fc.array(reaction, { maxLength: 20 }),
      (startMs, operations, reactions) => {
        const model = new Model(startMs, reactions);
        for (const each of operations) apply(model, each);
        model.releaseAll();
      },
    ),
    { numRuns: 1000 },
  );
});

test('a loop that sleeps as long as the wheel says fires every timer in its millisecond', () => {
  fc.assert(
    fc.property(start, fc.array(sleepable, { minLength: 1, maxLength: TIMERS }), (startMs, delays) => {
      const model = new Model(startMs, []);
      for (const [index, each] of delays.entries()) model.arm(index, each);
      let turns = 0;
      while (model.deadlines.size > 0) {
        const before = new Map(model.deadlines);
        model.advance(model.wheel.delayMs(model.nowMs | 0));
        for (const [index, deadline] of before)
          if (!model.deadlines.has(index))
            assert.equal(model.nowMs, Math.max(deadline, startMs + 1), `timer ${index}`);
        // Each timer moves down three wheels at most.
        assert.ok(++turns <= TIMERS * 8, 'the loop wakes too often');
      }
      assert.equal(model.wheel.queued, 0);
    }),
    { numRuns: 500 },
  );
});

for (const [name, turnOver] of [
  ['2^31', 2 ** 31],
  ['2^32', 2 ** 32],
] as const) {
  test(`a deadline behind ${name} is neither due at once nor lost`, () => {
    const model = new Model(turnOver - 10, []);
    model.arm(0, 5);
    model.arm(1, 10);
    model.arm(2, 300);
    model.arm(3, 100_000);
    assert.equal(model.advance(5), 1);
    assert.equal(model.advance(4), 0);
    assert.equal(model.advance(1), 1);
    assert.equal(model.advance(289), 0);
    assert.equal(model.advance(1), 1);
    assert.equal(model.advance(99_699), 0);
    assert.equal(model.advance(1), 1);
    model.releaseAll();
  });
}

test('one jump over weeks fires all that was due in it', () => {
  const model = new Model(2 ** 31 - 1000, []);
  const delays = [1, 255, 256, 65_536, 2 ** 24, 2 ** 24 + 1, 2 ** 30];
  for (const [index, delayMs] of delays.entries()) model.arm(index, delayMs);
  model.arm(7, 2 ** 30 + 1);
  assert.equal(model.advance(2 ** 30), delays.length);
  assert.equal(model.advance(1), 1);
  model.releaseAll();
});

test('moving a deadline further away leaves the timer where it is queued', () => {
  const model = new Model(1000, []);
  model.arm(0, 50);
  for (let round = 0; round < 100; round++) {
    model.advance(10);
    model.arm(0, 50);
  }
  assert.equal(model.wheel.queued, 1);
  assert.equal(model.advance(49), 0);
  assert.equal(model.advance(1), 1);
  assert.equal(model.wheel.queued, 0);
});

test('a callback may release every other timer of its slot', () => {
  const wheel = new TimerWheel(0);
  const timers: Timer[] = [];
  let fired = 0;
  const owner = {
    onTimer: () => {
      fired++;
      for (const each of timers) wheel.release(each);
    },
  };
  for (let index = 0; index < 20; index++) timers.push(new Timer(owner));
  for (const each of timers) wheel.arm(each, 30);
  assert.equal(wheel.advance(40), 1);
  assert.equal(fired, 1);
  assert.equal(wheel.queued, 0);
});
