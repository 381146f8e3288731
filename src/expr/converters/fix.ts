/**
 * Messages of the FIX protocol: fields of the form tag=value, each ended by a byte 1. Specification: configuration manual
 * 7.3.1 `fix_is_valid`, `fix_tag_value`; FIX 4.2, "Message format"; what counts as incomplete as observed on HAProxy 2.6.
 */
import { noArguments, takes, textOf } from '../argument.ts';
import { registerConverters } from '../converter-record.ts';
import { latin1Text, T_BIN, T_BOOL } from '../sample.ts';

const DELIMITER = 1;
const EQUALS = 0x3d;
/** Less than this is no message yet. */
const LEAST_BYTES = 26;
const BEGIN_STRING = 8;
const BODY_LENGTH = 9;
const MESSAGE_TYPE = 35;
const CHECK_SUM = 10;

const tags: ReadonlyMap<string, number> = new Map([
  ['beginstring', BEGIN_STRING],
  ['bodylength', BODY_LENGTH],
  ['msgtype', MESSAGE_TYPE],
  ['sendercompid', 49],
  ['targetcompid', 56],
  ['checksum', CHECK_SUM],
]);

const VERSIONS: ReadonlySet<string> = new Set([
  'FIX.4.0',
  'FIX.4.1',
  'FIX.4.2',
  'FIX.4.3',
  'FIX.4.4',
  'FIXT.1.1',
]);

function tagOf(text: string): number | undefined {
  const known = tags.get(text.toLowerCase());
  if (known !== undefined) return known;
  return /^\d+$/.test(text) && Number(text) > 0 ? Number(text) : undefined;
}

/** A number without a sign, or -1. */
function readNumber(u8: Uint8Array, start: number, end: number): number {
  if (start === end) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (u8[at] as number) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

// The last field that was read.
let tag = 0;
let valueStart = 0;
let valueEnd = 0;

const INCOMPLETE = -1;
const WRONG = -2;

/** Reads the field at `at`. Result: the offset behind it, or INCOMPLETE, or WRONG. */
function readField(u8: Uint8Array, at: number, end: number): number {
  let equals = at;
  while (equals < end && u8[equals] !== EQUALS) equals++;
  if (equals === end) return INCOMPLETE;
  valueStart = equals + 1;
  valueEnd = valueStart;
  while (valueEnd < end && u8[valueEnd] !== DELIMITER) valueEnd++;
  if (valueEnd === end) return INCOMPLETE;
  tag = readNumber(u8, at, equals);
  return tag <= 0 ? WRONG : valueEnd + 1;
}

/** 1 valid, 0 not, -1 not complete. */
function validity(u8: Uint8Array, start: number, end: number): number {
  if (end - start < LEAST_BYTES) return -1;
  let at = start;
  let bodyStart = 0;
  let bodyBytes = 0;
  for (let number = 1; ; number++) {
    const fieldStart = at;
    at = readField(u8, at, end);
    if (at === INCOMPLETE) return -1;
    if (at === WRONG) return 0;
    if (number === 1) {
      if (tag !== BEGIN_STRING || !VERSIONS.has(latin1Text(u8, valueStart, valueEnd))) return 0;
    } else if (number === 2) {
      bodyBytes = readNumber(u8, valueStart, valueEnd);
      if (tag !== BODY_LENGTH || bodyBytes < 0) return 0;
      bodyStart = at;
    } else if (number === 3) {
      if (tag !== MESSAGE_TYPE) return 0;
    } else if (tag === CHECK_SUM) {
      if (fieldStart - bodyStart !== bodyBytes || valueEnd - valueStart !== 3) return 0;
      let sum = 0;
      for (let i = start; i < fieldStart; i++) sum = (sum + (u8[i] as number)) & 0xff;
      return readNumber(u8, valueStart, valueEnd) === sum ? 1 : 0;
    }
  }
}

registerConverters(
  {
    name: 'fix_is_valid',
    arguments: noArguments,
    input: T_BIN,
    output: T_BOOL,
    doc: 'Whether it is a whole and valid FIX message; nothing while it is not whole.',
    manual: '7.3.1',
    link: () => (sample) => {
      const verdict = validity(sample.u8, sample.start, sample.end);
      return verdict >= 0 && sample.setBool(verdict === 1);
    },
  },
  {
    name: 'fix_tag_value',
    arguments: takes('string'),
    input: T_BIN,
    output: T_BIN,
    doc: 'The value of a tag of a FIX message, by number or name.',
    manual: '7.3.1',
    check: ([name]) => {
      const text = textOf(name) ?? '';
      return tagOf(text) === undefined ? `Unknown FIX tag name '${text}'` : undefined;
    },
    link: ([name]) => {
      const wanted = tagOf(textOf(name) ?? '') ?? 0;
      return (sample) => {
        const { u8, end } = sample;
        for (let at = sample.start; ; ) {
          at = readField(u8, at, end);
          if (at < 0) return false;
          if (tag === wanted) return valueEnd > valueStart && sample.setBinary(u8, valueStart, valueEnd);
        }
      };
    },
  },
);
