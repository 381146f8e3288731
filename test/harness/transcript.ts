// What went over each wire of a scenario, kept to be printed when the scenario fails. It owns no socket.

const SHOWN_BYTES = 3000;

interface Entry {
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
  readonly bytes: Buffer | undefined;
}

export class Transcript {
  readonly #entries: Entry[] = [];
  readonly #shownBytes = new Map<string, number>();
  readonly #startMs = performance.now();

  event(who: string, what: string): void {
    this.#add(who, what, undefined);
  }

  /** Notes bytes; of one direction of one wire only the first few thousand are kept. */
  bytes(who: string, direction: 'sent' | 'received', bytes: Buffer): void {
    const key = `${who} ${direction}`;
    const shown = this.#shownBytes.get(key) ?? 0;
    this.#shownBytes.set(key, shown + bytes.length);
    if (shown > SHOWN_BYTES) return;
    this.#add(who, direction, Buffer.from(bytes.subarray(0, SHOWN_BYTES)));
  }

  #add(who: string, what: string, bytes: Buffer | undefined): void {
    this.#entries.push({ atMs: performance.now() - this.#startMs, who, what, bytes });
  }

  toString(): string {
    const lines: string[] = [];
    for (const { atMs, who, what, bytes } of this.#entries) {
      const size = bytes === undefined ? '' : ` ${bytes.length} bytes`;
      lines.push(`${atMs.toFixed(0).padStart(6)} ms  ${who}: ${what}${size}`);
      if (bytes !== undefined) lines.push(...visible(bytes).map((line) => `             | ${line}`));
    }
    return lines.join('\n');
  }
}

/** Bytes as lines of printable text: CR, tab and whatever is not ASCII become escapes. */
export function visible(bytes: Buffer): string[] {
  return bytes
    .toString('latin1')
    .split(/(?<=\n)/)
    .map((line) =>
      line.replace(/[^\x20-\x7e]/g, (c) => {
        if (c === '\r') return '\\r';
        if (c === '\n') return '\\n';
        return `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
      }),
    );
}
