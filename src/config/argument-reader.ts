/**
 * A cursor over the words of one line, as a keyword's parser reads them. Every `expect…` that fails has already
 * reported an alert with the word's place, and returns `undefined`; the parser then simply returns.
 */
import type { Severity } from './diagnostics.ts';
import type { Line, Word } from './words.ts';

export type TimeUnit = 'us' | 'ms' | 's' | 'm' | 'h' | 'd';

export interface ArgumentReader {
  readonly line: Line;
  /** The keyword's own word or words, already consumed. */
  readonly keyword: string;
  /** `[file:line]`, for messages that HAProxy words in a form of their own. */
  readonly place: string;
  /** No word is left; an empty one (`""`) ends the arguments as it does for HAProxy. */
  readonly done: boolean;
  /** How many words of the line are consumed. */
  readonly position: number;
  /** An alert was reported through this reader. */
  readonly failed: boolean;
  peek(offset?: number): string | undefined;
  next(): string | undefined;
  /** All remaining words, consumed. */
  rest(): string[];
  /** Consumes the next word when it equals one of the given ones. */
  take(...texts: readonly string[]): string | undefined;
  expectWord(what: string): string | undefined;
  /** A time (manual 2.5), in milliseconds unless `unit` says otherwise for bare numbers. Result in milliseconds; more than 2^31-1 is refused as HAProxy does. */
  expectTimeMs(what: string, unit?: TimeUnit): number | undefined;
  /** A size with k, m, g. */
  expectSizeBytes(what: string): number | undefined;
  expectInteger(what: string, min?: number, max?: number): number | undefined;
  expectOneOf<T extends string>(what: string, choices: readonly T[]): T | undefined;
  /** Reports every word that is left as unexpected; true when there was none. */
  expectEnd(): boolean;
  /** Reports the first word beyond so many as unexpected; true when there was none. Consumes nothing else. */
  expectAtMost(count: number): boolean;
  /** A reader for an option of this line, at the same place. */
  option(keyword: string): ArgumentReader;
  /** The same reader with other texts before and behind the messages of `alert` and its siblings. */
  withLead(lead: string, trail?: string): ArgumentReader;
  /** Goes on behind what another reader of this line consumed. */
  resumeBehind(other: ArgumentReader): void;
  /** Alert at the word last consumed (or at `word`). */
  alert(message: string, hint?: string, word?: Word): void;
  /** An alert that changes nothing: what the line says is not taken over, and the configuration is accepted. */
  objection(message: string, hint?: string, word?: Word): void;
  warning(message: string, hint?: string, word?: Word): void;
  diag(message: string, hint?: string, word?: Word): void;
  /** As `alert` and the others, but `message` is all that stands behind `config : `; it may use `place`. */
  say(severity: Severity, message: string, hint?: string, word?: Word): void;
}
