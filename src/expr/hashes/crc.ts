/** CRC-32 as Ethernet and gzip have it, and CRC-32C (Castagnoli). Specification: RFC 1952 8; RFC 3720 appendix B.4. */

function tableOf(polynomial: number): Int32Array {
  const table = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    table[byte] = value;
  }
  return table;
}

const ethernet = tableOf(0xedb88320);
const castagnoli = tableOf(0x82f63b78);

function crc(table: Int32Array, u8: Uint8Array, start: number, end: number): number {
  let value = -1;
  for (let at = start; at < end; at++)
    value = (value >>> 8) ^ (table[(value ^ (u8[at] as number)) & 0xff] as number);
  return ~value >>> 0;
}

export function crc32(u8: Uint8Array, start: number, end: number): number {
  return crc(ethernet, u8, start, end);
}

export function crc32c(u8: Uint8Array, start: number, end: number): number {
  return crc(castagnoli, u8, start, end);
}
