/**
 * A reply that is made while it is sent: a source of a body of any length, asked for the next piece whenever the
 * client's connection has taken the one before. The stream frames the pieces (chunked for HTTP/1.1, until close for
 * older clients); an applet knows neither framing nor connection.
 */
export interface Applet {
  /** The server's name in the log. */
  readonly name: Uint8Array;
  /** Puts the next piece at `at`, at most `roomBytes` of it. Result: bytes put there; 0 at the end of the body. */
  produce(u8: Uint8Array, at: number, roomBytes: number): number;
}

/** Room for a chunk's size in front of it: four hexadecimal digits hold any buffer. */
const SIZE_DIGITS = 4;
const CHUNK_START_BYTES = SIZE_DIGITS + 2;
const LAST_CHUNK = Buffer.from('0\r\n\r\n', 'latin1');
/** What framing costs around a piece. */
export const CHUNK_OVERHEAD_BYTES = CHUNK_START_BYTES + 2;

/**
 * Puts the next piece of the applet's body at `at` as a chunk, or the last chunk at the end. `roomBytes` must be more than
 * CHUNK_OVERHEAD_BYTES and less than 64 kB of body. Result: the offset behind it.
 */
export function produceChunk(applet: Applet, u8: Uint8Array, at: number, roomBytes: number): number {
  const body = at + CHUNK_START_BYTES;
  const length = applet.produce(u8, body, Math.min(roomBytes - CHUNK_OVERHEAD_BYTES, 0xffff));
  if (length === 0) {
    u8.set(LAST_CHUNK, at);
    return at + LAST_CHUNK.length;
  }
  for (let i = 0; i < SIZE_DIGITS; i++) {
    const digit = (length >> ((SIZE_DIGITS - 1 - i) * 4)) & 15;
    u8[at + i] = digit < 10 ? 48 + digit : 55 + digit;
  }
  u8[at + SIZE_DIGITS] = 13;
  u8[at + SIZE_DIGITS + 1] = 10;
  u8[body + length] = 13;
  u8[body + length + 1] = 10;
  return body + length + 2;
}
