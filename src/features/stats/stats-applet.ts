/**
 * The body of the statistics, made line by line while it is sent: however many servers there are, only one line is held
 * at a time.
 */
import type { Applet } from '../../proxy/http/applet.ts';

const NAME = Buffer.from('<STATS>', 'latin1');

export class TextApplet implements Applet {
  readonly name = NAME;
  private readonly parts: Iterator<string>;
  /** What did not fit the last piece. */
  private rest = Buffer.alloc(0);
  private ended = false;

  constructor(parts: Iterable<string>) {
    this.parts = parts[Symbol.iterator]();
  }

  produce(u8: Uint8Array, at: number, roomBytes: number): number {
    let used = 0;
    while (used < roomBytes) {
      if (this.rest.length === 0) {
        if (this.ended) break;
        const next = this.parts.next();
        if (next.done) {
          this.ended = true;
          break;
        }
        this.rest = Buffer.from(next.value, 'latin1');
      }
      const length = Math.min(this.rest.length, roomBytes - used);
      u8.set(this.rest.subarray(0, length), at + used);
      this.rest = this.rest.subarray(length);
      used += length;
    }
    return used;
  }
}
