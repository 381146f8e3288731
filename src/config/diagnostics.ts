/**
 * What is said to the person who wrote the configuration: alerts, warnings, notices, each with its place, its excerpt
 * and what was probably meant. Collects only; printing is the command line's business.
 * Form on standard error: `[ALERT]    (pid) : config : parsing [file:line] : message`, excerpt and hint on following lines.
 */
import type { Line, Word } from './words.ts';

/** An objection is shown as an alert, and the configuration is accepted all the same. */
export type Severity = 'alert' | 'objection' | 'warning' | 'notice' | 'diag';

export interface Diagnostic {
  readonly severity: Severity;
  /** The text behind `config : `; already holds `parsing [file:line] : ` when it has a place. */
  readonly message: string;
  readonly place: { readonly line: Line; readonly word: Word | undefined } | undefined;
  /** One sentence on what was probably meant, or what to write instead. */
  readonly hint: string | undefined;
}

export class Diagnostics {
  readonly list: Diagnostic[] = [];

  add(severity: Severity, message: string, line?: Line, word?: Word, hint?: string): void {
    const text = line === undefined ? message : `parsing [${line.file}:${line.line}] : ${message}`;
    this.say(severity, text, line, word, hint);
  }

  /** For messages whose place HAProxy writes in another form: `message` is taken as it is. */
  say(severity: Severity, message: string, line?: Line, word?: Word, hint?: string): void {
    this.list.push({ severity, message, place: line && { line, word }, hint });
  }

  count(severity: Severity): number {
    let n = 0;
    for (const d of this.list) if (d.severity === severity) n++;
    return n;
  }
}
