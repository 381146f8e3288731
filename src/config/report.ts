/**
 * Diagnostics as they stand on standard error: HAProxy's line first, byte for byte where it says the same; below it,
 * indented, the place and the line with a caret, and the hint. Makes text; writing it is the command line's business.
 */
import { fromByteText } from './byte-text.ts';
import type { Diagnostic, Severity } from './diagnostics.ts';
import { excerptOf } from './excerpt.ts';

export interface ReportOptions {
  /** The process that speaks, in parentheses behind the severity. */
  readonly pid: number;
  /** As in `haproxy version is …`. */
  readonly version: string;
  readonly executable: string;
  /** Messages of level diag too (`-dD`). */
  readonly showDiag?: boolean;
}

const tags: Readonly<Record<Severity, string>> = {
  alert: '[ALERT]   ',
  objection: '[ALERT]   ',
  warning: '[WARNING] ',
  notice: '[NOTICE]  ',
  diag: '[DIAG]    ',
};

const introducing: ReadonlySet<Severity> = new Set(['alert', 'objection', 'warning']);

/** One message with its excerpt and hint, each line ending in a line feed. */
export function formatDiagnostic(diagnostic: Diagnostic, pid: number): string {
  const { severity, message, place, hint } = diagnostic;
  let text = `${tags[severity]} (${pid}) : config : ${fromByteText(message)}\n`;
  // Some messages of HAProxy's own already show the line; what the line itself says needs no showing.
  if (place !== undefined && severity !== 'notice' && !message.includes('\n')) text += excerptLines(place);
  if (hint !== undefined) text += `    hint: ${fromByteText(hint)}\n`;
  return text;
}

function excerptLines(place: NonNullable<Diagnostic['place']>): string {
  const { line, word } = place;
  if (line.raw.trim() === '') return '';
  const indent = line.raw.length - line.raw.trimStart().length;
  const offset = word === undefined ? indent : word.column - 1;
  const end = word === undefined ? offset + 1 : word.endColumn - 1;
  // Places count bytes, what is shown counts characters.
  const before = fromByteText(line.raw.slice(0, offset)).length;
  const { text, caret } = excerptOf(fromByteText(line.raw), before, true);
  const length = Math.max(1, Math.min(fromByteText(line.raw.slice(offset, end)).length, text.length - caret));
  const where = `    ${fromByteText(line.file)}:${line.line}:${offset + 1}: `;
  return `${where}${text}\n${' '.repeat(where.length + caret)}${'^'.repeat(length)}\n`;
}

/**
 * Everything that reading the configuration had to say, in its order. The two lines about the program come once,
 * before the first warning or alert.
 */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], options: ReportOptions): string {
  let text = '';
  let introduced = false;
  for (const diagnostic of diagnostics) {
    if (diagnostic.severity === 'diag' && options.showDiag !== true) continue;
    if (!introduced && introducing.has(diagnostic.severity)) {
      text += introduction(options);
      introduced = true;
    }
    text += formatDiagnostic(diagnostic, options.pid);
  }
  return text;
}

/** What a check (`-c`) says on standard output once everything was reported. */
export function verdict(exitStatus: 0 | 1 | 2, warnings: boolean): string {
  if (exitStatus === 1) return '';
  const found = warnings ? 'Warnings were found.\n' : '';
  return exitStatus === 0
    ? `${found}Configuration file is valid\n`
    : `${found}Configuration file has no error but will not start (no listener) => exit(2).\n`;
}

function introduction(options: ReportOptions): string {
  const { pid, version, executable } = options;
  return `[NOTICE]   (${pid}) : haproxy version is ${version}\n[NOTICE]   (${pid}) : path to executable is ${executable}\n`;
}
