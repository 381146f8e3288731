// Chunks whose data are copied together, and chunks that are joined in their place: for any sizes and any end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { copyChunkData, joinChunks } from '../../../src/protocol/http1/chunk-data.ts';

const chunkSizes = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 40 });

function chunksOf(sizes: readonly number[]): { readonly wire: Buffer; readonly data: Buffer } {
  const parts: Buffer[] = [];
  const data: Buffer[] = [];
  for (const [i, size] of sizes.entries()) {
    const piece = Buffer.alloc(size, 97 + (i % 26));
    data.push(piece);
    parts.push(Buffer.from(`${size.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return { wire: Buffer.concat(parts), data: Buffer.concat(data) };
}

test('the data of chunks are copied, however many of their bytes have come', () => {
  fc.assert(
    fc.property(chunkSizes, fc.nat(4000), fc.nat(4000), (sizes, cut, room) => {
      const { wire, data } = chunksOf(sizes);
      const into = new Uint8Array(room);
      // A size line is never looked at before it is whole.
      const end = Math.min(wire.length, cut);
      const lineBegun = /(^|\r\n)[0-9a-f]*\r?$/.test(wire.subarray(0, end).toString());
      if (lineBegun) return;
      const length = copyChunkData(wire, 0, end, into);
      assert.deepEqual(Buffer.from(into.subarray(0, length)), data.subarray(0, length));
      if (end === wire.length) assert.equal(length, Math.min(room, data.length));
    }),
  );
});

test('joined chunks have the same data and leave what follows alone', () => {
  fc.assert(
    fc.property(chunkSizes, fc.string({ maxLength: 50 }), (sizes, rest) => {
      const { wire, data } = chunksOf(sizes);
      const more = Buffer.from(`fff\r\n${rest}`);
      const all = Buffer.concat([Buffer.from('head'), wire, more]);
      const ready = 4 + wire.length + 5;
      const shift = joinChunks(all, 4, ready, all.length);
      assert.equal(shift > 0, sizes.length > 1);
      const joined = all.subarray(0, all.length - shift);
      assert.equal(joined.subarray(0, 4).toString(), 'head');
      assert.deepEqual(joined.subarray(joined.length - more.length), more);
      const into = new Uint8Array(20_000);
      const length = copyChunkData(joined, 4, joined.length - more.length, into);
      assert.deepEqual(Buffer.from(into.subarray(0, length)), data);
    }),
  );
});
