/**
 * Finds one value in a JSON text. As HAProxy's, the reader is in no hurry to complain: it reads up to the value and looks
 * at nothing behind it. Specification: configuration manual 7.3.1 `json_query`; RFC 8259; details observed on 2.6.
 */

export const JSON_NOTHING = 0;
export const JSON_STRING = 1;
export const JSON_NUMBER = 2;
export const JSON_TRUE = 3;
export const JSON_FALSE = 4;
/** null, an object or an array. */
export const JSON_OTHER = 5;

/** Levels that a value may lie in. */
const MAX_DEPTH = 20;
const ANY = -1;

type Step = { readonly key: Uint8Array } | { readonly index: number };

/** The steps of `$.a[1].b`; undefined for what leads nowhere. */
function readSteps(path: string): readonly Step[] | undefined {
  if (!path.startsWith('$')) return undefined;
  const steps: Step[] = [];
  let at = 1;
  while (at < path.length) {
    const c = path.charAt(at);
    if (c === '.') {
      at++;
      const key: number[] = [];
      while (at < path.length && path[at] !== '.' && path[at] !== '[') {
        if (path[at] === '\\' && at + 1 < path.length) at++;
        key.push(path.charCodeAt(at++));
      }
      steps.push({ key: Uint8Array.from(key) });
    } else if (c === '[') {
      const found = /^\[(\d+|\*?)\]?/.exec(path.slice(at));
      if (found === null) return undefined;
      steps.push({ index: /^\d/.test(found[1] as string) ? Number(found[1]) : ANY });
      at += found[0].length;
    } else return undefined;
  }
  return steps;
}

export class JsonPath {
  private readonly steps: readonly Step[] | undefined;
  /** What was found, and where: a string without its quotes, a number with all of its letters. */
  kind = JSON_NOTHING;
  start = 0;
  end = 0;
  private u8: Uint8Array = new Uint8Array(0);
  private limit = 0;

  constructor(path: string) {
    this.steps = readSteps(path);
  }

  /** False when there is no such value, or an error before it. */
  find(u8: Uint8Array, start: number, end: number): boolean {
    if (this.steps === undefined) return false;
    this.u8 = u8;
    this.limit = end;
    this.kind = JSON_NOTHING;
    this.value(this.blanks(start), 0, 0);
    return this.kind !== JSON_NOTHING;
  }

  private blanks(at: number): number {
    const { u8, limit } = this;
    while (at < limit) {
      const c = u8[at];
      if (c !== 0x20 && c !== 0x09 && c !== 0x0a && c !== 0x0d) break;
      at++;
    }
    return at;
  }

  private found(kind: number, start: number, end: number): number {
    this.kind = kind;
    this.start = start;
    this.end = end;
    return -1;
  }

  /** Reads a value. `step`: which step of the path leads on from it, or -1. Result: the offset behind it, -1 to stop. */
  private value(at: number, step: number, depth: number): number {
    const { u8, limit } = this;
    if (at >= limit) return -1;
    const wanted = step === this.steps?.length;
    const c = u8[at];
    if (c === 0x7b || c === 0x5b) {
      if (wanted) return this.found(JSON_OTHER, at, at);
      if (depth >= MAX_DEPTH) return -1;
      return c === 0x7b ? this.object(at + 1, step, depth) : this.array(at + 1, step, depth);
    }
    if (c === 0x22) {
      const end = this.string(at + 1);
      if (end < 0) return -1;
      return wanted ? this.found(JSON_STRING, at + 1, end - 1) : end;
    }
    if (c === 0x2d || (c !== undefined && c >= 0x30 && c <= 0x39)) {
      const end = this.number(at);
      return wanted ? this.found(JSON_NUMBER, at, end) : end;
    }
    for (const [word, kind] of WORDS) {
      if (!this.startsWith(word, at)) continue;
      return wanted ? this.found(kind, at, at + word.length) : at + word.length;
    }
    return -1;
  }

  private startsWith(word: Uint8Array, at: number): boolean {
    if (at + word.length > this.limit) return false;
    for (let i = 0; i < word.length; i++) if (this.u8[at + i] !== word[i]) return false;
    return true;
  }

  private string(at: number): number {
    const { u8, limit } = this;
    while (at < limit) {
      const c = u8[at] as number;
      if (c === 0x22) return at + 1;
      // Whether an escape means anything is looked at when the string is used.
      at += c === 0x5c ? 2 : 1;
    }
    return -1;
  }

  private number(at: number): number {
    const { u8, limit } = this;
    let next = at;
    if (u8[next] === 0x2d) next++;
    const digits = (): void => {
      while (next < limit && (u8[next] as number) >= 0x30 && (u8[next] as number) <= 0x39) next++;
    };
    digits();
    if (next < limit && u8[next] === 0x2e) {
      next++;
      digits();
    }
    if (next < limit && (u8[next] === 0x65 || u8[next] === 0x45)) {
      next++;
      if (next < limit && (u8[next] === 0x2b || u8[next] === 0x2d)) next++;
      digits();
    }
    return next;
  }

  private object(at: number, step: number, depth: number): number {
    const wanted = step < 0 ? undefined : this.steps?.[step];
    at = this.blanks(at);
    if (this.u8[at] === 0x7d && at < this.limit) return at + 1;
    for (;;) {
      if (at >= this.limit || this.u8[at] !== 0x22) return -1;
      const keyEnd = this.string(at + 1);
      if (keyEnd < 0) return -1;
      const matches =
        wanted !== undefined &&
        'key' in wanted &&
        wanted.key.length === keyEnd - at - 2 &&
        this.startsWith(wanted.key, at + 1);
      at = this.blanks(keyEnd);
      if (at >= this.limit || this.u8[at] !== 0x3a) return -1;
      at = this.value(this.blanks(at + 1), matches ? step + 1 : -1, depth + 1);
      if (at < 0) return -1;
      at = this.blanks(at);
      if (at >= this.limit) return -1;
      if (this.u8[at] === 0x7d) return at + 1;
      if (this.u8[at] !== 0x2c) return -1;
      at = this.blanks(at + 1);
    }
  }

  private array(at: number, step: number, depth: number): number {
    const wanted = step < 0 ? undefined : this.steps?.[step];
    at = this.blanks(at);
    if (this.u8[at] === 0x5d && at < this.limit) return at + 1;
    for (let index = 0; ; index++) {
      const matches =
        wanted !== undefined && 'index' in wanted && (wanted.index === ANY || wanted.index === index);
      at = this.value(at, matches ? step + 1 : -1, depth + 1);
      if (at < 0) return -1;
      at = this.blanks(at);
      if (at >= this.limit) return -1;
      if (this.u8[at] === 0x5d) return at + 1;
      if (this.u8[at] !== 0x2c) return -1;
      at = this.blanks(at + 1);
    }
  }
}

const WORDS: readonly (readonly [Uint8Array, number])[] = [
  [Buffer.from('true'), JSON_TRUE],
  [Buffer.from('false'), JSON_FALSE],
  [Buffer.from('null'), JSON_OTHER],
];
