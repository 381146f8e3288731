/**
 * Statistics as CSV. Specification: management manual 9.1.
 */
import { FIELDS, type Row } from './fields.ts';

export const CSV_HEADER = `# ${FIELDS.join(',')},\n`;

/** Fields that hold text of the configuration or of a server and may need quotes. */
export function csvLine(row: Row): string {
  let line = '';
  for (const field of FIELDS) {
    const value = row[field];
    if (value === undefined) line += ',';
    else line += `${typeof value === 'number' ? value : quoted(value)},`;
  }
  return `${line}\n`;
}

function quoted(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
