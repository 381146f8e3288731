// The dynamic limit of servers with a minconn. The figures were read off HAProxy 2.6, answering one request after the
// other of more clients than there are slots (test/scenarios/65-queues/dynamic-limit.ts does it anew).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slotLimit, takeSlot } from '../../../src/state/server-slots.ts';
import {
  BE_CONNECTIONS,
  BE_FULLCONN,
  SharedState,
  SRV_MAXCONN,
  SRV_MINCONN,
  SRV_SERVED,
  SRV_SERVED_MAX,
  SRV_WITHHELD_PERCENT,
} from '../../../src/state/shared-state.ts';

interface Limits {
  readonly maxconn: number;
  readonly minconn: number;
  readonly fullconn: number;
  readonly withheld?: number;
}

class Place {
  readonly words: Int32Array;
  readonly server: number;
  readonly backend: number;

  constructor(limits: Limits) {
    const shared = SharedState.create({ threads: 1, proxies: 1, servers: 1, listeners: 0 });
    this.words = shared.words;
    this.server = shared.serverWords(0);
    this.backend = shared.proxyWords(0);
    this.words[this.server + SRV_MAXCONN] = limits.maxconn;
    this.words[this.server + SRV_MINCONN] = limits.minconn;
    this.words[this.server + SRV_WITHHELD_PERCENT] = limits.withheld ?? 0;
    this.words[this.backend + BE_FULLCONN] = limits.fullconn;
  }

  limit(load: number): number {
    this.words[this.backend + BE_CONNECTIONS] = load;
    return slotLimit(this.words, this.server, this.backend);
  }

  enter(): boolean {
    return takeSlot(this.words, this.server, slotLimit(this.words, this.server, this.backend));
  }
}

function limitsAt(limits: Limits, loads: readonly number[]): number[] {
  const place = new Place(limits);
  return loads.map((load) => place.limit(load));
}

test('without maxconn there is no limit', () => {
  assert.deepEqual(limitsAt({ maxconn: 0, minconn: 0, fullconn: 10 }, [0, 5, 100]), [0, 0, 0]);
});

test('without minconn the limit is the maxconn at any load', () => {
  assert.deepEqual(limitsAt({ maxconn: 5, minconn: 0, fullconn: 10 }, [0, 5, 100]), [5, 5, 5]);
});

test('with minconn the limit lies on the ramp to fullconn, rounded down', () => {
  const limits = { maxconn: 10, minconn: 2, fullconn: 20 };
  assert.deepEqual(
    limitsAt(limits, [0, 1, 4, 5, 6, 9, 17, 18, 19, 20, 24]),
    [2, 2, 2, 2, 3, 4, 8, 9, 9, 10, 10],
  );
  assert.deepEqual(
    limitsAt({ maxconn: 7, minconn: 3, fullconn: 10 }, [4, 5, 6, 7, 8, 9, 10]),
    [3, 3, 4, 4, 5, 6, 7],
  );
});

test('a slow start grants a part of the limit, and at least one', () => {
  assert.deepEqual(limitsAt({ maxconn: 10, minconn: 0, fullconn: 1, withheld: 65 }, [0]), [3]);
  assert.deepEqual(limitsAt({ maxconn: 10, minconn: 0, fullconn: 1, withheld: 97 }, [0]), [1]);
  assert.deepEqual(limitsAt({ maxconn: 10, minconn: 4, fullconn: 10, withheld: 50 }, [2, 10]), [2, 5]);
});

test('slots are taken up to the limit of the moment', () => {
  const place = new Place({ maxconn: 10, minconn: 2, fullconn: 20 });
  place.limit(3);
  assert.deepEqual([place.enter(), place.enter(), place.enter()], [true, true, false]);
  place.limit(8);
  assert.deepEqual([place.enter(), place.enter(), place.enter()], [true, true, false]);
  // The limit sinks below what is served: nobody comes in until enough have gone.
  place.limit(4);
  Atomics.sub(place.words, place.server + SRV_SERVED, 2);
  assert.equal(place.enter(), false);
  Atomics.sub(place.words, place.server + SRV_SERVED, 1);
  assert.equal(place.enter(), true);
  assert.equal(place.words[place.server + SRV_SERVED_MAX], 4);
});
