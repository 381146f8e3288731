/** Holds the reader of NetScaler Client IP headers to HAProxy's verdicts, at every split, and to its bounds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseNetscalerCip } from '../../../src/protocol/netscaler-cip/receive.ts';
import { CIP_TRUNCATED } from '../../../src/protocol/proxy-protocol/handshake-error.ts';
import { FAMILY_NONE, SocketAddress } from '../../../src/protocol/socket-address.ts';
import { readGolden } from '../golden-file.ts';

const MAGIC = 12345678;
const rows = readGolden('protocol/golden/netscaler-cip-received.txt', 4);
const source = new SocketAddress();
const destination = new SocketAddress();

function parse(bytes: Uint8Array, around = 0x20, magic = MAGIC): number {
  const u8 = new Uint8Array(bytes.length + 120).fill(around);
  u8.set(bytes, 13);
  source.clear();
  destination.clear();
  return parseNetscalerCip(u8, 13, 13 + bytes.length, magic, source, destination);
}

function logged(address: SocketAddress): string {
  return address.family === FAMILY_NONE ? 'real' : `${address}:${address.port}`;
}

test('every captured header gets the verdict that HAProxy gave', () => {
  assert.ok(rows.length > 100);
  for (const { words, bytes, line } of rows) {
    const result = parse(bytes);
    assert.equal(result > 0 ? 0 : result === 0 ? CIP_TRUNCATED : -result, Number(words[0]), line);
    if (words[1] !== '-') assert.equal(result, Number(words[1]), line);
    assert.equal(logged(source), words[2], line);
    assert.equal(logged(destination), words[3], line);
  }
});

test('an accepted header is incomplete at every shorter length', () => {
  for (const { words, bytes, line } of rows) {
    // Lengths that do not cover both headers are accepted only because of the bytes behind them.
    const taken = words[1] === '-' ? 0 : Number(words[1]);
    const completeBytes = words[2]!.startsWith('::') ? 68 : 48;
    if (words[0] !== '0' || taken < completeBytes || !words[2]!.endsWith(':111')) continue;
    for (let length = 0; length < taken; length++) {
      assert.equal(parse(bytes.subarray(0, length)), 0, `${length} bytes of ${line}`);
      assert.equal(source.family, FAMILY_NONE);
    }
    assert.equal(parse(bytes.subarray(0, taken)), taken, line);
  }
});

test('a magic number with the highest bit set is compared unsigned', () => {
  const bytes = Buffer.from(rows[0]!.bytes);
  bytes.writeUInt32BE(0xffffffff, 0);
  assert.equal(parse(bytes, 0, 0xffffffff), 48);
  assert.ok(parse(bytes, 0, 0x7fffffff) < 0);
});

test('no bytes make the reader throw, look behind the end or take more than there is', () => {
  const mutated = fc
    .tuple(
      fc.constantFrom(...rows),
      fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 4 }),
      fc.nat(80),
    )
    .map(([row, changes, length]) => {
      const bytes = Buffer.from(row.bytes.subarray(0, length));
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      return bytes;
    });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 60 })), fc.nat(255), (bytes, around) => {
      const result = parse(bytes);
      const seen = `${source.describe()} ${destination.describe()}`;
      assert.ok(result <= bytes.length);
      assert.equal(parse(bytes, around), result);
      assert.equal(`${source.describe()} ${destination.describe()}`, seen);
    }),
    { numRuns: 3000 },
  );
});
