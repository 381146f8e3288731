// What a case of the HTTP/1 corpora is, and how families of cases are written. A case is bytes and nothing else: what
// the reference makes of them is recorded beside the corpora (verdict-file.ts), never written by hand.

/** What a peer does on its connection, in order: sends bytes, or ends it. */
export type Step = string | 'FIN' | 'RST';

export interface Difference {
  readonly why: string;
  readonly like: string;
  /** The reference's own verdict changes from run to run: it is neither recorded nor asked for again. */
  readonly unsettled?: true;
}

export interface CorpusCase {
  /** Unique in its corpus: `family: label`. */
  readonly name: string;
  /** What the client sends. Bytes are latin1 characters. Each part is sent when the proxy has read the one before. */
  readonly request: readonly Step[];
  /** What the server answers to the first request; the ordinary answer when absent. */
  readonly response?: readonly Step[];
  /** The case ends with the proxy's own timeout or with the client's FIN: no second request is tried. */
  readonly final?: boolean;
  /** Sluice is stricter than the reference here: why, and the case whose verdict holds instead. */
  readonly differs?: Difference;
}

export type CaseExtras = Omit<CorpusCase, 'name' | 'request' | 'response'>;

/** Bytes as printable text, for names. */
export function visibleLabel(bytes: string): string {
  const text = JSON.stringify(bytes).slice(1, -1).replace(/\\u00/g, '\\x');
  return text.replace(/[\x7f-\xff]/g, (c) => `\\x${c.charCodeAt(0).toString(16)}`);
}

/** Cases of one family from labels and bytes. */
export function requestFamily(
  family: string,
  entries: Readonly<Record<string, Step | readonly Step[]>>,
  extras: CaseExtras = {},
): CorpusCase[] {
  return Object.entries(entries).map(([label, steps]) => ({
    name: `${family}: ${label}`,
    request: typeof steps === 'string' ? [steps] : steps,
    ...extras,
  }));
}

/** The same bytes around each of many values; the value is the label. */
export function requestsAround(
  family: string,
  values: readonly string[],
  bytesOf: (value: string) => string,
): CorpusCase[] {
  return values.map((value) => ({ name: `${family}: ${visibleLabel(value)}`, request: [bytesOf(value)] }));
}

/** One case for each byte value, but those that `without` names. */
export function requestsPerByte(
  family: string,
  bytesOf: (byte: string) => string,
  without: (code: number) => boolean = () => false,
): CorpusCase[] {
  return allBytes(without).map(([label, byte]) => ({
    name: `${family}: ${label}`,
    request: [bytesOf(byte)],
  }));
}

/** Every byte value with its two-digit label. */
export function allBytes(without: (code: number) => boolean = () => false): [string, string][] {
  const codes = Array.from({ length: 256 }, (_, code) => code).filter((code) => !without(code));
  return codes.map((code) => [code.toString(16).padStart(2, '0'), String.fromCharCode(code)]);
}

/** Header lines that together have exactly this size. */
export function headerLines(sizeBytes: number): string {
  const filler = `Filler: ${'a'.repeat(990)}\r\n`;
  const whole = Math.max(0, Math.floor((sizeBytes - 100) / filler.length));
  const rest = sizeBytes - whole * filler.length;
  return `${filler.repeat(whole)}Y: ${'b'.repeat(rest - 5)}\r\n`;
}
