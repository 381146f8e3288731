/** How checks of the whole configuration report: with the line that a thing was written on, where they know it. */
import type { Diagnostics, Severity } from './diagnostics.ts';
import type { CheckReport } from './keyword.ts';
import type { Line } from './words.ts';

/** `sources`: the files' texts, from which the lines for excerpts are taken. */
export function checkReport(
  diagnostics: Diagnostics,
  sources: readonly { readonly name: string; readonly text: string }[],
): CheckReport {
  const rawLines = new Map<string, string[]>();
  const lineAt = (origin: { file: string; line: number }): Line => {
    let lines = rawLines.get(origin.file);
    if (lines === undefined) {
      lines = sources.find((s) => s.name === origin.file)?.text.split('\n') ?? [];
      rawLines.set(origin.file, lines);
    }
    return { file: origin.file, line: origin.line, raw: lines[origin.line - 1] ?? '', words: [] };
  };
  const say =
    (severity: Severity) => (message: string, origin?: { file: string; line: number }, hint?: string) =>
      origin === undefined
        ? diagnostics.say(severity, message, undefined, undefined, hint)
        : diagnostics.add(severity, message, lineAt(origin), undefined, hint);
  const sayAt =
    (severity: Severity) => (message: string, origin: { file: string; line: number }, hint?: string) =>
      diagnostics.say(severity, message, lineAt(origin), undefined, hint);
  return {
    alert: say('alert'),
    warning: say('warning'),
    diag: say('diag'),
    alertAt: sayAt('alert'),
    warningAt: sayAt('warning'),
  };
}
