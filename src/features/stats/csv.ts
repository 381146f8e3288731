/**
 * Statistics as CSV. Specification: management manual 9.1.
 */
import { FIELDS, FIRST_MODULE_FIELD, type Row } from './fields.ts';

const NAMES: readonly string[] = FIELDS.map(({ name }) => name);

/** A column of its own, `-`, divides the fields that every version has from those of modules. */
export const CSV_HEADER = `# ${[...NAMES.slice(0, FIRST_MODULE_FIELD), '-', ...NAMES.slice(FIRST_MODULE_FIELD)].join(',')},\n`;

export function csvLine(row: Row): string {
  let line = '';
  for (const { name, position } of FIELDS) {
    if (position === FIRST_MODULE_FIELD) line += '-,';
    const value = row[name];
    if (value === undefined) line += ',';
    else line += `${typeof value === 'number' ? value : quoted(value)},`;
  }
  return `${line}\n`;
}

/** Texts of the configuration, of servers and of agents may have anything in them. */
function quoted(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
