/**
 * wt6, a hash function of HAProxy's own (manual 4.2 `hash-type`, where it is only named). Worked out from what its
 * converter gives for short inputs: which bits of the result a byte reaches tells how far it was turned, and carries tell
 * what it was added to.
 */

/**
 * Two words take each byte in, one by xor and one by addition, are complemented and turned left, and change places. How
 * far they are turned next follows from what they have become.
 */
export function wt6(u8: Uint8Array, start: number, end: number): number {
  let xored = 0xa53c965a | 0;
  let added = 0x5ca6953a | 0;
  let turnXored = 18;
  let turnAdded = 6;
  for (let at = start; at < end; at++) {
    const byte = u8[at] as number;
    const next = rotateLeft(~(added + byte), turnAdded);
    added = rotateLeft(~(xored ^ byte), turnXored);
    xored = next;
    const turns = added ^ (xored >>> 16);
    turnAdded = turns & 31;
    turnXored = (turns >>> 11) & 31;
  }
  return (xored ^ added) >>> 0;
}

function rotateLeft(word: number, bits: number): number {
  // Turned by 0, both halves are the word itself: shifts count modulo 32.
  return (word << bits) | (word >>> (32 - bits));
}
