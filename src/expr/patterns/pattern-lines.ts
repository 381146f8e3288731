/**
 * Lines of a file of patterns or map entries. A sharp in the first column makes a comment; blanks in front do not count,
 * and neither do those behind a value. Specification: configuration manual 7.1 (`-f`, `-M`), 7.3.1 `map`; what becomes of
 * blanks behind a pattern as observed on HAProxy 2.6: they belong to it.
 */

/** Offsets into the content. Without values the last two are the end of the line. False ends the reading. */
export type LineTaker = (keyStart: number, keyEnd: number, valueStart: number, valueEnd: number) => boolean;

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const SHARP = 0x23;

export function readPatternLines(content: Uint8Array, withValues: boolean, take: LineTaker): void {
  for (let at = 0; at < content.length; ) {
    let end = content.indexOf(NEWLINE, at);
    if (end < 0) end = content.length;
    const next = end + 1;
    let start = at;
    at = next;
    if (content[start] === SHARP) continue;
    while (end > start && content[end - 1] === RETURN) end--;
    while (start < end && isBlank(content[start])) start++;
    if (start === end) continue;
    if (!withValues) {
      if (!take(start, end, end, end)) return;
      continue;
    }
    let keyEnd = start;
    while (keyEnd < end && !isBlank(content[keyEnd])) keyEnd++;
    let valueStart = keyEnd;
    while (valueStart < end && isBlank(content[valueStart])) valueStart++;
    let valueEnd = end;
    while (valueEnd > valueStart && (isBlank(content[valueEnd - 1]) || content[valueEnd - 1] === RETURN))
      valueEnd--;
    if (!take(start, keyEnd, valueStart, valueEnd)) return;
  }
}

/** Number of the line that this offset lies in, from 1. */
export function lineNumberAt(content: Uint8Array, offset: number): number {
  let number = 1;
  for (let at = content.indexOf(NEWLINE); at >= 0 && at < offset; at = content.indexOf(NEWLINE, at + 1))
    number++;
  return number;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}
