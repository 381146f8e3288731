/**
 * What a match is replaced with: text in which a backslash and a digit stand for a group (0: the whole match), `\xHH` for
 * a byte, and a backslash before anything else for that itself. Used by `regsub`, by `replace-header` and its siblings,
 * and by `map_regm`. Specification: configuration manual 4.2 `http-request replace-header`; details observed on 2.6.
 */
import type { Regex } from './regex.ts';

type Part = { readonly bytes: Uint8Array } | { readonly group: number };

/** Of what is no digit, HAProxy makes a number too. */
function hexValue(c: number): number {
  let value = c - 48;
  if (value > 9 || value < 0) value -= 7;
  return value > 15 ? value - 32 : value;
}

export class Replacement {
  private readonly parts: readonly Part[];
  /** The highest group that it names. */
  readonly groups: ReadonlySet<number>;
  /** HAProxy takes it, and then fails at every match: a backslash at the end, or half a byte. */
  readonly isBroken: boolean;

  constructor(text: string) {
    const parts: Part[] = [];
    const groups = new Set<number>();
    let literal: number[] = [];
    let broken = false;
    for (let at = 0; at < text.length; at++) {
      const c = text.charCodeAt(at);
      if (c !== 0x5c) {
        literal.push(c);
        continue;
      }
      const next = text.charAt(++at);
      if (next === '') broken = true;
      else if (/\d/.test(next)) {
        if (literal.length > 0) parts.push({ bytes: Uint8Array.from(literal) });
        literal = [];
        parts.push({ group: Number(next) });
        groups.add(Number(next));
      } else if (next === 'x') {
        if (at + 2 >= text.length) {
          broken = true;
          break;
        }
        literal.push((hexValue(text.charCodeAt(at + 1)) * 16 + hexValue(text.charCodeAt(at + 2))) & 0xff);
        at += 2;
      } else literal.push(next.charCodeAt(0));
    }
    if (literal.length > 0) parts.push({ bytes: Uint8Array.from(literal) });
    this.parts = parts;
    this.groups = groups;
    this.isBroken = broken;
  }

  /** Why it cannot be used with this expression, if so. */
  refusal(regex: Regex): string | undefined {
    for (const group of this.groups)
      if (regex.isUnsteady(group))
        return `the value of group ${group}, which only some rounds of a repetition set, is not supported`;
    return undefined;
  }

  /** Writes it for the last match of `regex` at `at`. Result: the offset behind it, or -1 when there is no room. */
  write(regex: Regex, into: Uint8Array, at: number): number {
    if (this.isBroken) return -1;
    let out = at;
    for (const part of this.parts) {
      if ('bytes' in part) {
        if (out + part.bytes.length > into.length) return -1;
        for (let i = 0; i < part.bytes.length; i++) into[out++] = part.bytes[i] as number;
        continue;
      }
      const text = regex.group(part.group);
      if (out + text.length > into.length) return -1;
      for (let i = 0; i < text.length; i++) into[out++] = text.charCodeAt(i);
    }
    return out;
  }
}
