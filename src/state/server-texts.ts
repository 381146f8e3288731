/**
 * Short texts about servers that the main thread writes and the data threads read: what the last check and the last agent
 * check said. A reader that meets a writer reads again, so that no text is ever half of one and half of another.
 */

export const TEXT_LAST_CHECK = 0;
export const TEXT_LAST_AGENT = 1;
const TEXTS_A_SERVER = 2;

/** A slot: how often it was changed (odd while it is being changed), the length, the bytes. */
const CHANGES = 0;
const LENGTH = 1;
const HEAD_BYTES = 8;
const TEXT_BYTES = 128;
const SLOT_BYTES = HEAD_BYTES + TEXT_BYTES;
const ATTEMPTS = 100;

export class ServerTexts {
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory);
    this.bytes = new Uint8Array(memory);
  }

  static memory(servers: number): SharedArrayBuffer {
    return new SharedArrayBuffer(servers * TEXTS_A_SERVER * SLOT_BYTES);
  }

  /** Main thread only. What does not fit is cut off. `text` is latin1. */
  write(server: number, which: number, text: string): void {
    const slot = (server * TEXTS_A_SERVER + which) * SLOT_BYTES;
    const word = slot / 4;
    const length = Math.min(text.length, TEXT_BYTES);
    Atomics.add(this.words, word + CHANGES, 1);
    for (let i = 0; i < length; i++) this.bytes[slot + HEAD_BYTES + i] = text.charCodeAt(i);
    Atomics.store(this.words, word + LENGTH, length);
    Atomics.add(this.words, word + CHANGES, 1);
  }

  read(server: number, which: number): string {
    const slot = (server * TEXTS_A_SERVER + which) * SLOT_BYTES;
    const word = slot / 4;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = Atomics.load(this.words, word + CHANGES);
      if ((before & 1) !== 0) continue;
      const length = Atomics.load(this.words, word + LENGTH);
      const text = Buffer.from(this.bytes.slice(slot + HEAD_BYTES, slot + HEAD_BYTES + length)).toString(
        'latin1',
      );
      if (Atomics.load(this.words, word + CHANGES) === before) return text;
    }
    // The writer sleeps in the middle of it: no text is better than half of one.
    return '';
  }
}
