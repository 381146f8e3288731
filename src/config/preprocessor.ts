/**
 * The text of one file to the lines that count: cuts it at line feeds, resolves words, walks through `.if` blocks and
 * emits `.notice` and its siblings. What lines mean is the section engine's business.
 * Specification: configuration manual, 2.4; wording of errors as HAProxy 2.6 gives them.
 *
 * Where HAProxy stops reading at a condition that it cannot read, this goes on and skips the block, so that the other
 * errors of the file are found too.
 */
import type { ConditionResult } from './conditions.ts';
import { evaluateExpression } from './conditions.ts';
import type { Diagnostics, Severity } from './diagnostics.ts';
import type { Environment } from './environment.ts';
import { excerptOf } from './excerpt.ts';
import { lexLine } from './lexer.ts';
import type { Line, Word } from './words.ts';

/** One nesting level of `.if`. */
interface Block {
  /** The lines now read belong to the configuration. */
  taken: boolean;
  /** No later branch may be taken: one was, or the block lies in a branch that is not. */
  settled: boolean;
  sawElse: boolean;
}

const messages: Readonly<Record<string, Severity>> = {
  '.notice': 'notice',
  '.warning': 'warning',
  '.alert': 'alert',
  '.diag': 'diag',
};

export class Preprocessor {
  private readonly file: string;
  private readonly environment: Environment;
  private readonly diagnostics: Diagnostics;
  private readonly emit: (line: Line) => void;
  private readonly blocks: Block[] = [];

  /** `emit` gets every line that counts and has a word. */
  constructor(file: string, environment: Environment, diagnostics: Diagnostics, emit: (line: Line) => void) {
    this.file = file;
    this.environment = environment;
    this.diagnostics = diagnostics;
    this.emit = emit;
  }

  /** `text`: the whole file, one character per byte. */
  read(text: string): void {
    const raws = text.split('\n');
    const truncated = raws.pop()!;
    raws.forEach((raw, i) => {
      this.rawLine(raw, i + 1);
    });
    if (truncated !== '') {
      const nul = truncated.indexOf('\0');
      const held = nul < 0 ? truncated : truncated.slice(0, nul);
      if (held.trim() !== '') this.rawLine(held, raws.length + 1);
      this.tell(
        'alert',
        this.lineOf(held, raws.length + 1, []),
        `Missing LF on last line, file might have been truncated at position ${held.length + 1}.`,
      );
    }
    if (this.blocks.length > 0) {
      const last = raws.length + (truncated === '' ? 0 : 1);
      this.tell('alert', this.lineOf(raws.at(-1) ?? '', last, []), "non-terminated '.if' block.");
    }
  }

  private lineOf(raw: string, line: number, words: readonly Word[]): Line {
    return { file: this.file, line, raw, words };
  }

  private tell(severity: Severity, line: Line, message: string, word?: Word): void {
    this.diagnostics.say(severity, `parsing [${line.file}:${line.line}]: ${message}`, line, word);
  }

  private rawLine(raw: string, number: number): void {
    this.environment.file = this.file;
    this.environment.line = number;
    const nul = raw.indexOf('\0');
    if (nul >= 0) {
      this.tell('alert', this.lineOf(raw, number, []), `Stray NUL character at position ${nul + 1}.`);
      return;
    }
    const { words, fault } = lexLine(raw, this.environment);
    const line = this.lineOf(raw, number, words);
    if (fault !== undefined) {
      const at: Word = { text: '', column: fault.offset + 1, endColumn: fault.offset + 2 };
      if (fault.excerpt) this.tellWithExcerpt(line, fault.message, raw, fault.offset, at);
      else this.tell('alert', line, fault.message, at);
      return;
    }
    const first = words[0]?.text ?? '';
    if (first === '') return;
    if (this.structural(line, first)) return;
    if (!this.taking()) return;
    if (first.startsWith('.')) this.directive(line, first);
    else this.emit(line);
  }

  private taking(): boolean {
    return this.blocks.at(-1)?.taken ?? true;
  }

  /** `.if` and what belongs to it; these count in skipped blocks too. */
  private structural(line: Line, first: string): boolean {
    const block = this.blocks.at(-1);
    switch (first) {
      case '.if': {
        const outside = this.taking();
        const value = outside ? this.condition(line) : false;
        this.blocks.push({
          taken: value === true,
          settled: !outside || value !== false,
          sawElse: false,
        });
        return true;
      }
      case '.elif': {
        if (!this.branch(line, first, block)) return true;
        const value = block.settled ? false : this.condition(line);
        block.taken = value === true;
        block.settled ||= value !== false;
        return true;
      }
      case '.else':
        this.noArguments(line, first);
        if (!this.branch(line, first, block)) return true;
        block.taken = !block.settled;
        block.settled = true;
        block.sawElse = true;
        return true;
      case '.endif':
        this.noArguments(line, first);
        if (block === undefined) this.tell('alert', line, "lone '.endif' with no matching '.if'.");
        this.blocks.pop();
        return true;
      default:
        return false;
    }
  }

  private branch(line: Line, name: string, block: Block | undefined): block is Block {
    if (block === undefined) {
      this.tell('alert', line, `lone '${name}' with no matching '.if'.`);
      return false;
    }
    if (block.sawElse) {
      this.tell('alert', line, `'${name}' after '.else' is not permitted.`);
      return false;
    }
    return true;
  }

  private noArguments(line: Line, name: string): void {
    const extra = line.words[1];
    if (extra !== undefined && extra.text !== '') {
      this.tell('alert', line, `Unexpected argument '${extra.text}' for '${name}'.`, extra);
    }
  }

  /** The condition's value, or `unreadable` when it was reported instead. */
  private condition(line: Line): boolean | 'unreadable' {
    const words = line.words.slice(1);
    const expression = words.map((w) => w.text).join(' ');
    const result: ConditionResult = evaluateExpression(expression, this.environment);
    if (result.ok) return result.value;
    const name = line.words[0]!.text;
    // HAProxy shows the resolved words and not the line as written.
    const shown = `${name} ${expression}`;
    this.tellWithExcerpt(
      line,
      `${result.message} in '${name}' at position ${result.offset + 1}:`,
      shown,
      name.length + 1 + result.offset,
      words[0],
    );
    return 'unreadable';
  }

  private tellWithExcerpt(line: Line, message: string, shown: string, offset: number, word?: Word): void {
    const { text, caret } = excerptOf(shown, offset);
    this.tell('alert', line, `${message}\n  ${text}\n  ${' '.repeat(caret)}^`, word);
  }

  private directive(line: Line, name: string): void {
    const severity = messages[name];
    if (severity === undefined) {
      this.tell('alert', line, `unknown directive '${name}'.`, line.words[0]);
      return;
    }
    const extra = line.words[2];
    if (extra !== undefined && extra.text !== '') {
      this.tell(
        'alert',
        line,
        `Unexpected argument '${extra.text}' for '${name}'. Use quotes if the message should contain spaces.`,
        extra,
      );
      return;
    }
    this.tell(severity, line, `'${line.words[1]?.text ?? ''}'.`, line.words[1]);
  }
}
