/**
 * Statistics with one value on a line, and what kind of value it is. Specification: management manual 9.2.
 */
import { FIELDS, type Row, tagsOf } from './fields.ts';

/** By `type`: frontend, backend, server, listener. */
export const OBJECT_LETTERS = 'FBSL';

/** A process tells of itself alone. */
export const PROCESS_NUMBER = 1;

export function typedLines(row: Row): string {
  const object = `${OBJECT_LETTERS[Number(row.type)]}.${row.iid}.${row.sid}`;
  let text = '';
  for (const field of FIELDS) {
    const value = row[field.name];
    if (value === undefined) continue;
    const name = `${object}.${field.position}.${field.name}.${PROCESS_NUMBER}`;
    text += `${name}:${tagsOf(field, row.type)}:${field.type}:${value}\n`;
  }
  return text;
}
