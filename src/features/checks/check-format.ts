/**
 * Log formats and sample expressions in the rules of checks. Only formats without variables are carried out so far: they
 * are texts. When checks can evaluate expressions, this is where their formats are compiled.
 * Specification: configuration manual 8.2.4 (`%%`).
 */
import type { ArgumentReader } from '../../config/argument-reader.ts';

/** The text that a format stands for; undefined, and reported, when it is more than text. */
export function readFormat(
  args: ArgumentReader,
  directive: string,
  word: string,
  format: string,
): string | undefined {
  if (!/%/.test(format.replaceAll('%%', ''))) return format.replaceAll('%%', '%');
  args.alert(
    `'${directive}' : variables and expressions in '${word}' are not carried out yet by this version of Sluice`,
    'a text without % can be used; %% stands for a percent sign',
  );
  return undefined;
}

export function refuseExpression(args: ArgumentReader, directive: string, word: string): void {
  args.alert(
    `'${directive}' : sample expressions in '${word}' are not carried out yet by this version of Sluice`,
  );
}
