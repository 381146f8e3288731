/** Masks of network prefixes, as bytes. */

/** The first `bits` bits set, of `sizeBytes` bytes. */
export function prefixMask(bits: number, sizeBytes: number): Uint8Array {
  const mask = new Uint8Array(sizeBytes);
  for (let i = 0; i < bits; i++) mask[i >> 3] = (mask[i >> 3] as number) | (0x80 >> (i & 7));
  return mask;
}
