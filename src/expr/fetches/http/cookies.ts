/**
 * Cookies of requests (`Cookie`) and responses (`Set-Cookie`). Specification: configuration manual 7.3.6 `req.cook`,
 * `res.cook`; RFC 6265 4.1.1, 4.2.1. Cookies without a value are passed over, as HAProxy does.
 */
import { u8 } from '../../../os/arena.ts';
import type { HeaderBlock } from '../../../protocol/http1/header-block.ts';
import { H_COOKIE, H_SET_COOKIE } from '../../../protocol/http1/known-headers.ts';
import { takesAtLeast } from '../../argument.ts';
import type { SampleLayer } from '../../availability.ts';
import { type EachFetch, type Fetch, type FetchRecord, registerFetches } from '../../fetch-record.ts';
import { type SampleType, T_INT, T_STR } from '../../sample.ts';
import type { Scope } from '../../scope.ts';
import { ofRequest, ofResponse } from './headers.ts';
import { asInteger, asString, type Make, nameOf } from './value-forms.ts';

const SP = 32;
const TAB = 9;
const EQUALS = 61;
const SEMICOLON = 59;
const COMMA = 44;
const QUOTE = 34;
const BACKSLASH = 92;

/** One cookie after the other, over all lines. */
class Cookies {
  start = 0;
  end = 0;
  private block!: HeaderBlock;
  private id = H_COOKIE;
  private name: Uint8Array | null = null;
  private line = -1;
  private at = 0;
  private limit = -1;

  /** `name`: null for any. */
  open(block: HeaderBlock, id: number, name: Uint8Array | null): void {
    this.block = block;
    this.id = id;
    this.name = name;
    this.line = -1;
    this.at = 0;
    this.limit = -1;
  }

  next(): boolean {
    for (;;) {
      if (this.at >= this.limit) {
        this.line = this.block.find(this.id, this.line + 1);
        if (this.line < 0) {
          this.line = this.block.count;
          return false;
        }
        this.at = this.block.valueStart(this.line);
        this.limit = this.block.valueEnd(this.line);
      }
      const inRequest = this.id === H_COOKIE;
      const { limit } = this;
      let at = this.at;
      while (at < limit && isBlank(at)) at++;
      const nameStart = at;
      while (at < limit && !endsName(u8[at] as number)) at++;
      let nameEnd = at;
      while (nameEnd > nameStart && isBlank(nameEnd - 1)) nameEnd--;
      let valueStart = at;
      if (u8[at] === EQUALS && at < limit) {
        at++;
        while (at < limit && isBlank(at)) at++;
        valueStart = at;
        at = this.valueEnd(at, inRequest);
      }
      let valueEnd = at;
      while (valueEnd > valueStart && isBlank(valueEnd - 1)) valueEnd--;
      // What follows a cookie of a response are its attributes, up to the next line or a comma.
      if (!inRequest) while (at < limit && u8[at] !== COMMA) at++;
      this.at = at + 1;
      if (valueStart === valueEnd || !this.isNamed(nameStart, nameEnd)) continue;
      this.start = valueStart;
      this.end = valueEnd;
      return true;
    }
  }

  private valueEnd(from: number, inRequest: boolean): number {
    let quoted = false;
    let at = from;
    for (; at < this.limit; at++) {
      const c = u8[at];
      if (!quoted && (c === SEMICOLON || (c === COMMA && !inRequest))) break;
      if (c === QUOTE) quoted = !quoted;
      else if (c === BACKSLASH && quoted) at++;
    }
    return Math.min(at, this.limit);
  }

  private isNamed(start: number, end: number): boolean {
    const { name } = this;
    if (name === null) return true;
    if (end - start !== name.length) return false;
    for (let i = 0; i < name.length; i++) if (u8[start + i] !== name[i]) return false;
    return true;
  }
}

function isBlank(at: number): boolean {
  return u8[at] === SP || u8[at] === TAB;
}

function endsName(c: number): boolean {
  return c === EQUALS || c === SEMICOLON || c === COMMA;
}

const cookies = new Cookies();

interface Direction {
  readonly id: number;
  readonly head: (scope: Scope) => HeaderBlock | null;
}
const request: Direction = { id: H_COOKIE, head: ofRequest };
const response: Direction = { id: H_SET_COOKIE, head: ofResponse };

/** The direction whose head is there: `cookie` stands for both. */
function opened(scope: Scope, directions: readonly Direction[], name: Uint8Array | null): boolean {
  for (const { head, id } of directions) {
    const block = head(scope);
    if (block === null) continue;
    cookies.open(block, id, name);
    return true;
  }
  return false;
}

/** The last one of that name; without a name the first of all. */
function last(directions: readonly Direction[], make: Make): FetchRecord['link'] {
  return ([nameArgument]): Fetch => {
    const name = nameOf(nameArgument);
    return (scope, sample) => {
      if (!opened(scope, directions, name) || !cookies.next()) return false;
      let { start, end } = cookies;
      while (name !== null && cookies.next()) {
        start = cookies.start;
        end = cookies.end;
      }
      return make(sample, start, end);
    };
  };
}

function each(directions: readonly Direction[], make: Make): NonNullable<FetchRecord['linkEach']> {
  return ([nameArgument]): EachFetch => {
    const name = nameOf(nameArgument);
    return (scope, sample, index) => {
      if (!opened(scope, directions, name)) return false;
      for (let i = 0; i <= index; i++) if (!cookies.next()) return false;
      return make(sample, cookies.start, cookies.end);
    };
  };
}

function counter(directions: readonly Direction[]): FetchRecord['link'] {
  return ([nameArgument]): Fetch => {
    const name = nameOf(nameArgument);
    return (scope, sample) => {
      if (!opened(scope, directions, name)) return false;
      let count = 0;
      while (cookies.next()) count++;
      return sample.setInt(count);
    };
  };
}

function record(
  name: string,
  type: SampleType,
  directions: readonly Direction[],
  doc: string,
  link: FetchRecord['link'],
  linkEach?: FetchRecord['linkEach'],
): FetchRecord {
  const layers = directions.map((each): SampleLayer => (each === request ? 'request' : 'response'));
  return {
    name,
    arguments: takesAtLeast(0, 'string'),
    type,
    layers,
    doc,
    manual: '7.3.6',
    link,
    ...(linkEach === undefined ? {} : { linkEach }),
  };
}

function family(name: string, directions: readonly Direction[]): FetchRecord[] {
  return [
    record(
      name,
      T_STR,
      directions,
      'The value of the cookie: of several the last.',
      last(directions, asString),
      each(directions, asString),
    ),
    record(`${name}_cnt`, T_INT, directions, 'How often the cookie occurs.', counter(directions)),
    record(
      `${name}_val`,
      T_INT,
      directions,
      'The value of the cookie as an integer.',
      last(directions, asInteger),
      each(directions, asInteger),
    ),
  ];
}

const [either] = family('cookie', [response, request]);
registerFetches(
  ...family('req.cook', [request]),
  ...family('cook', [request]),
  ...family('res.cook', [response]),
  ...family('scook', [response]),
  ...(either === undefined ? [] : [either]),
);
