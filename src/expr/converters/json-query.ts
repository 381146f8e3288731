/**
 * Values of JSON texts, and of the parts of JSON web tokens. Specification: configuration manual 7.3.1 `json_query`,
 * `jwt_header_query`, `jwt_payload_query`; RFC 7515 3.1.
 */
import { type ArgumentValue, takesAtLeast, textOf } from '../argument.ts';
import { decodeBase64Url } from '../base64.ts';
import { type ConverterRecord, registerConverters } from '../converter-record.ts';
import { JsonPath } from '../json-path.ts';
import { queryJson } from '../json-value.ts';
import { type Sample, T_ANY, T_BIN, T_STR } from '../sample.ts';
import { nextScratch } from '../scratch.ts';

function outputError(type: ArgumentValue | undefined): string | undefined {
  const text = textOf(type) ?? '';
  return text === '' || text === 'int' ? undefined : 'output_type only supports "int" as argument';
}

const DOT = 0x2e;

/** Moves the sample to a part of the token, decoded. */
function takePart(sample: Sample, number: number): boolean {
  const { u8, end } = sample;
  let { start } = sample;
  for (let skipped = 0; skipped < number; skipped++) {
    while (start < end && u8[start] !== DOT) start++;
    if (start === end) return false;
    start++;
  }
  let last = start;
  while (last < end && u8[last] !== DOT) last++;
  const area = nextScratch();
  const length = decodeBase64Url(u8, start, last, area);
  return length >= 0 && sample.setString(area, 0, length);
}

function tokenQuery(name: string, part: number, doc: string): ConverterRecord {
  return {
    name,
    arguments: takesAtLeast(0, 'string', 'string'),
    input: T_BIN,
    output: T_ANY,
    doc,
    manual: '7.3.1',
    check: ([, type]) => outputError(type),
    link: ([path, type]) => {
      const text = textOf(path) ?? '';
      // HAProxy 2.6.12 gives nothing without a path, whatever its manual says.
      if (text === '') return () => false;
      const query = new JsonPath(text);
      const asInteger = textOf(type) === 'int';
      return (sample) => takePart(sample, part) && queryJson(sample, query, asInteger);
    },
  };
}

registerConverters(
  {
    name: 'json_query',
    arguments: takesAtLeast(1, 'string', 'string'),
    input: T_STR,
    output: T_ANY,
    doc: 'The value at a path of a JSON text: a string, a number as text or, with int, as an integer, or a boolean.',
    manual: '7.3.1',
    check: ([path, type]) =>
      (textOf(path) ?? '') === '' ? 'json_path must not be empty' : outputError(type),
    link: ([path, type]) => {
      const query = new JsonPath(textOf(path) ?? '');
      const asInteger = textOf(type) === 'int';
      return (sample) => queryJson(sample, query, asInteger);
    },
  },
  tokenQuery('jwt_header_query', 0, 'The value at a path of the header of a JSON web token.'),
  tokenQuery('jwt_payload_query', 1, 'The value at a path of the payload of a JSON web token.'),
);
