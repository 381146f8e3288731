/** One parameter of a query or of a form after the other. Delimiters as observed on HAProxy 2.6. */
const EQUALS = 61;
const AMPERSAND = 38;
const SEMICOLON = 59;
const QUESTION = 63;
const NOTHING = new Uint8Array(0);

export class Parameters {
  /** Where the bytes lie. */
  bytes: Uint8Array = NOTHING;
  start = 0;
  end = 0;
  private name: Uint8Array | null = null;
  private delimiter = QUESTION;
  private at = 0;
  private limit = 0;

  /** `name`: null for any. */
  open(bytes: Uint8Array, name: Uint8Array | null, delimiter: number, from: number, to: number): void {
    this.bytes = bytes;
    this.name = name;
    this.delimiter = delimiter;
    this.at = from;
    this.limit = to;
  }

  next(): boolean {
    const { limit, bytes } = this;
    while (this.at < limit) {
      const start = this.at;
      let end = start;
      while (end < limit && !this.delimits(bytes[end] as number)) end++;
      this.at = end + 1;
      let equals = start;
      while (equals < end && bytes[equals] !== EQUALS) equals++;
      if (equals === end || !this.isNamed(start, equals)) continue;
      this.start = equals + 1;
      this.end = end;
      return true;
    }
    return false;
  }

  private delimits(c: number): boolean {
    return c === AMPERSAND || c === SEMICOLON || c === this.delimiter;
  }

  private isNamed(start: number, end: number): boolean {
    const { name, bytes } = this;
    if (name === null) return true;
    if (end - start !== name.length) return false;
    for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
    return true;
  }
}
