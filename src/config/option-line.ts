/**
 * Lines that carry options behind their own arguments: `bind`, `server`, `default-server`, `stats socket`.
 * Walks over the options and hands each to its record. It knows no option itself.
 */
import type { ArgumentReader } from './argument-reader.ts';
import type { KeywordContext } from './keyword.ts';
import { notYetCarriedOut, notYetNames } from './keywords/not-yet.ts';
import { nearestWord } from './suggest.ts';

interface OptionRecord<Target> {
  readonly name: string;
  readonly parse: (context: KeywordContext<Target>) => void;
}

export interface OptionLine<Target, R extends OptionRecord<Target>> {
  /** Of the line; its own arguments are consumed. */
  readonly context: KeywordContext<Target>;
  /** Reader whose messages name the line that the option is on. */
  readonly args: ArgumentReader;
  readonly records: ReadonlyMap<string, R>;
  readonly scope: 'bind' | 'server';
  /** What stands before `unknown keyword`, place and colon included. */
  readonly unknownLead: string;
  /** Behind the unknown word where nothing similar is known. */
  readonly unknownTail: string;
  /** Behind the unknown word where something similar is; by default in the form of `bind` and `server`. */
  readonly nearTail?: (near: string) => string;
  /** A returned text objects to the option, which is read and left out. */
  readonly passOver?: (record: R) => string | undefined;
}

/** Reads all options; stops at the first one in error, as what follows it could be its arguments. */
export function readOptions<Target, R extends OptionRecord<Target>>(line: OptionLine<Target, R>): boolean {
  const { args } = line;
  while (!args.done) {
    const name = args.next()!;
    const record = line.records.get(name);
    if (record === undefined) {
      reportUnknown(line, name);
      return false;
    }
    const objection = line.passOver?.(record);
    if (objection !== undefined) {
      args.objection(objection);
      args.next();
      continue;
    }
    const option = args.option(name);
    record.parse({ ...line.context, args: option });
    if (option.failed) return false;
    args.resumeBehind(option);
  }
  return true;
}

function reportUnknown<Target, R extends OptionRecord<Target>>(
  line: OptionLine<Target, R>,
  name: string,
): void {
  const notYet = notYetCarriedOut(line.scope, name);
  if (notYet !== undefined) {
    line.args.alert(notYet);
    return;
  }
  const near = nearestWord(name, [...line.records.keys(), ...notYetNames(line.scope)]);
  const nearTail = line.nearTail ?? ((word) => `; did you mean '${word}' maybe ?`);
  const tail = near === undefined ? line.unknownTail : nearTail(near);
  line.args.say('alert', `${line.unknownLead} unknown keyword '${name}'${tail}`);
}
