/**
 * The words of a configuration line, with the place they came from.
 * Stage two of four: text → words → typed sections → closures. Produced by the lexer, read by keyword parsers.
 * Specification: HAProxy 2.6 configuration manual, 2.2 (quoting and escaping) and 2.3 (environment variables).
 */

/** One word of a line, after quotes, escapes and variables have been resolved. One character a byte: see byte-text.ts. */
export interface Word {
  readonly text: string;
  /** 1-based column, in bytes, of the word's first character in the raw line. */
  readonly column: number;
  /** 1-based column just behind the word in the raw line. */
  readonly endColumn: number;
}

/** A line that holds at least one word. */
export interface Line {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** The line as it stands in the file, for excerpts. */
  readonly raw: string;
  readonly words: readonly Word[];
}

/** Where a rule, a keyword or a choice was written; kept in the typed configuration so that everything can be explained. */
export interface Origin {
  readonly file: string;
  readonly line: number;
}
