// Waiting lines in shared memory, against a plain sorted list: the order of class, time and arrival, whoever joins and
// whoever leaves; and tickets, which are neither lost nor handed out twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  QueueMemory,
  TICKET_ARRIVAL,
  TICKET_CLASS,
  TICKET_NEXT,
  TICKET_TIME,
} from '../../../src/state/queue-memory.ts';
import { firstInLine, joinLine, leaveLine } from '../../../src/state/waiting-line.ts';

const SIZES = { threads: 2, proxies: 2, servers: 3, tickets: 500 };

interface Waiting {
  readonly ticket: number;
  readonly order: readonly [number, number, number];
}

function compare(a: Waiting, b: Waiting): number {
  for (let at = 0; at < a.order.length; at++) {
    const difference = (a.order[at] as number) - (b.order[at] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function ticketsOf(words: Int32Array, line: number): number[] {
  const tickets: number[] = [];
  for (let at = firstInLine(words, line); at !== 0; at = words[at + TICKET_NEXT] as number) tickets.push(at);
  return tickets;
}

class Line {
  readonly memory = new QueueMemory(QueueMemory.create(SIZES));
  readonly line = this.memory.serverLine(1);
  waiting: Waiting[] = [];
  #arrivals = 0;

  join(priorityClass: number, time: number): void {
    const { words } = this.memory;
    const ticket = this.memory.take();
    assert.notEqual(ticket, 0);
    const arrival = ++this.#arrivals;
    words[ticket + TICKET_CLASS] = priorityClass;
    words[ticket + TICKET_TIME] = time;
    words[ticket + TICKET_ARRIVAL] = arrival;
    joinLine(words, this.line, ticket);
    this.waiting.push({ ticket, order: [priorityClass, time, arrival] });
    this.waiting.sort(compare);
  }

  leave(at: number): void {
    const [gone] = this.waiting.splice(at, 1);
    if (gone === undefined) return;
    leaveLine(this.memory.words, this.line, gone.ticket);
    this.memory.give(gone.ticket);
  }

  check(): void {
    const found = ticketsOf(this.memory.words, this.line);
    assert.deepEqual(
      found,
      this.waiting.map(({ ticket }) => ticket),
    );
  }
}

test('a line is in the order of class, then time, then arrival, whoever joins and leaves', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('join' as const), of: fc.integer({ min: -3, max: 3 }), at: fc.nat(50) }),
    fc.record({ kind: fc.constant('leave' as const), at: fc.nat(200) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const line = new Line();
      for (const each of steps) {
        if (each.kind === 'join') line.join(each.of, each.at);
        else if (line.waiting.length > 0) line.leave(each.at % line.waiting.length);
      }
      line.check();
      while (line.waiting.length > 0) line.leave(0);
      line.check();
    }),
  );
});

test('without priorities the order is that of arrival, and the first leaves first', () => {
  const line = new Line();
  for (let at = 0; at < 400; at++) line.join(0, 1000 + Math.floor(at / 7));
  line.check();
  const arrivals = line.waiting.map(({ order }) => order[2]);
  assert.deepEqual(
    arrivals,
    arrivals.map((_, at) => at + 1),
  );
  for (let at = 0; at < 400; at++) line.leave(0);
  line.check();
});

test('times and arrivals may wrap around', () => {
  const { memory, line } = new Line();
  const { words } = memory;
  const times = [0x7ffffff0, 0x7fffffff, -0x80000000, -0x7fffff00];
  const tickets = times.map((time, at) => {
    const ticket = memory.take();
    words[ticket + TICKET_CLASS] = 0;
    words[ticket + TICKET_TIME] = time;
    words[ticket + TICKET_ARRIVAL] = (0x7fffffff + at) | 0;
    return ticket;
  });
  for (const at of [2, 0, 3, 1]) joinLine(words, line, tickets[at] as number);
  assert.deepEqual(ticketsOf(words, line), tickets);
});

test('two threads share the tickets: each is handed out once, and all promised ones can be', () => {
  const buffers = QueueMemory.create(SIZES);
  const threads = [new QueueMemory(buffers), new QueueMemory(buffers)] as const;
  for (let round = 0; round < 3; round++) {
    const taken = new Map<number, QueueMemory>();
    for (let count = 0; count < SIZES.tickets; count++) {
      // All of them on one thread is the hardest: the other one keeps some at hand.
      const memory = threads[round === 1 ? count % 2 : 0] as QueueMemory;
      const ticket = memory.take();
      assert.notEqual(ticket, 0, `ticket ${count} of round ${round}`);
      assert.equal(taken.has(ticket), false);
      taken.set(ticket, memory);
    }
    for (const [ticket, memory] of taken) memory.give(ticket);
  }
  // Once all are gone it says so, and goes on when one comes back.
  let last = 0;
  for (let ticket = threads[0].take(); ticket !== 0; ticket = threads[0].take()) last = ticket;
  threads[0].give(last);
  assert.equal(threads[0].take(), last);
});

test('the lines of backends and servers, and the lists of threads, lie apart', () => {
  const memory = new QueueMemory(QueueMemory.create(SIZES));
  const places = [
    ...[0, 1].flatMap((proxy) => [
      memory.queue(proxy),
      memory.backendLine(proxy),
      memory.grants(proxy, 1),
      memory.grants(proxy, 2),
    ]),
    ...[0, 1, 2].map((server) => memory.serverLine(server)),
    memory.take(),
  ];
  assert.deepEqual(
    places.slice(0, -1),
    places.slice(0, -1).sort((a, b) => a - b),
  );
  assert.equal(new Set(places).size, places.length);
});
