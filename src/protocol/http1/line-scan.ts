/**
 * Looks for the end of a line, four bytes at a time: header values are most of a head, and nothing in them but CR and LF
 * matters to the parser.
 */
import { CR, LF } from './characters.ts';

/** A byte below this is worth a look of its own. */
const BELOW = 0x0e0e0e0e;
const HIGH_BITS = 0x80808080;

let knownBytes: Uint8Array = new Uint8Array(0);
/** The same memory as words, or empty where it does not begin on a word. */
let words: Int32Array = new Int32Array(0);

function wordsOf(u8: Uint8Array): Int32Array {
  if (u8 === knownBytes) return words;
  knownBytes = u8;
  const aligned = (u8.byteOffset & 3) === 0;
  words = aligned ? new Int32Array(u8.buffer, u8.byteOffset, u8.length >> 2) : new Int32Array(0);
  return words;
}

/** Where the first CR or LF in `start`…`end` is; `end` if there is none. */
export function lineEndFrom(u8: Uint8Array, start: number, end: number): number {
  const view = wordsOf(u8);
  const lastWord = Math.min(end >> 2, view.length);
  let at = start;
  for (;;) {
    // Single bytes up to the next word, or through the word that holds something small, or to the end.
    const stop = Math.min((at | 3) + 1, end);
    while (at < stop) {
      const c = u8[at] as number;
      if (c <= CR && (c === CR || c === LF)) return at;
      at++;
    }
    if (at >= end) return end;
    let word = at >> 2;
    while (word < lastWord) {
      const bytes = view[word] as number;
      // The classic test for a byte below a limit; it may also find one that is not, never miss one.
      if ((((bytes - BELOW) | 0) & ~bytes & HIGH_BITS) !== 0) break;
      word++;
    }
    at = Math.max(at, word << 2);
  }
}
