/**
 * The Castagnoli checksum that a PROXY v2 header may carry over itself.
 * Specification: RFC 4960 appendix B; PROXY protocol 2.2.3.
 */
const table = new Uint32Array(256);
for (let i = 0; i < 256; i++) {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  table[i] = value;
}

/**
 * The checksum of [start, end) with the four bytes at `zeroAt` counted as zero: both ends compute it with its own
 * field blank. As an unsigned number.
 */
export function crc32c(u8: Uint8Array, start: number, end: number, zeroAt: number): number {
  let crc = 0xffffffff;
  for (let i = start; i < end; i++) {
    const byte = i >= zeroAt && i < zeroAt + 4 ? 0 : u8[i]!;
    crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
