/** The ring and its set of points in use, against the plainest models of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { avalanche } from '../../../src/expr/hashes/avalanche.ts';
import { ActiveSet } from '../../../src/features/balance/hash/active-set.ts';
import { HashRing } from '../../../src/features/balance/hash/hash-ring.ts';

test('a set of numbers finds its neighbours', () => {
  const change = fc.record({ add: fc.boolean(), number: fc.nat(2499) });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2500 }),
      fc.boolean(),
      fc.array(change, { maxLength: 60 }),
      (limit, full, changes) => {
        const set = new ActiveSet(limit);
        const model = new Set<number>();
        if (full) {
          set.fill();
          for (let number = 0; number < limit; number++) model.add(number);
        }
        for (const { add, number: wide } of changes) {
          const number = wide % limit;
          if (add) set.add(number);
          else set.remove(number);
          if (add) model.add(number);
          else model.delete(number);
        }
        const members = [...model].sort((a, b) => a - b);
        for (const at of [0, 1, 31, 32, 33, 1023, 1024, limit - 1, limit, ...changes.map((c) => c.number)]) {
          assert.equal(set.from(at), members.find((member) => member >= at) ?? -1);
          if (at < limit) assert.equal(set.upTo(at), members.findLast((member) => member <= at) ?? -1);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('the nearest point in use is found, whatever was taken out or put in before', () => {
  const points = fc.array(fc.nat(40), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 100_000 }), { minLength: 3, maxLength: 3 }),
      points,
      fc.array(points, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(2 ** 32 - 1), { minLength: 1, maxLength: 20 }),
      (ids, first, changes, hashes) => {
        const ring = new HashRing(ids, first);
        for (const change of changes) ring.update((server) => change[server] as number);
        const used = (changes.at(-1) ?? []).flatMap((count, server) =>
          Array.from({ length: count }, (_, point) => ({
            server,
            place: avalanche((ids[server] as number) * 4096 + point),
          })),
        );
        for (const hash of hashes) {
          const found = ring.nearest(hash);
          const distances = used.map(({ place }) => Math.min((place - hash) >>> 0, (hash - place) >>> 0));
          const least = Math.min(...distances);
          const owners = used.filter((_, at) => distances[at] === least).map(({ server }) => server);
          if (used.length === 0) assert.equal(found, -1);
          else assert.ok(owners.includes(ring.owner(found)));
        }
      },
    ),
    { numRuns: 300 },
  );
});
