/** What the records of the keywords about checks have in common. */
import type { ArgumentReader } from '../../config/argument-reader.ts';
import type { KeywordContext, ProxyKeyword } from '../../config/keyword.ts';
import { misplaced } from '../../config/misplaced.ts';
import type { ProxyConfig } from '../../config/model.ts';
import {
  type BackendCheck,
  backendCheck,
  type OwnedRules,
  ownerName,
  rulesToExtend,
} from './check-config.ts';

export type Context = KeywordContext<ProxyConfig>;

export function checkKeyword(
  name: string,
  syntax: string,
  doc: string,
  parse: (context: Context) => void,
): ProxyKeyword {
  return {
    scope: 'proxy',
    name,
    syntax,
    doc,
    manual: '4.2',
    sections: ['defaults', 'listen', 'backend'],
    parse,
    misplaced: (context, readAside) =>
      misplaced(context, name.replace(/^(http-check|tcp-check) .*/, '$1'), readAside),
  };
}

/** All words that are left, unless there are more than `most`: then the first of those is reported. */
export function onlySoMany(args: ArgumentReader, name: string, most: number): string[] | undefined {
  const words = args.rest();
  const extra = words[most];
  if (extra === undefined) return words;
  args.alert(`'${name}' cannot handle unexpected argument '${extra}'.`);
  return undefined;
}

export function configOf({ target }: Context): BackendCheck {
  return backendCheck.of(target);
}

export function rulesOf(context: Context, dialect: 'tcp' | 'http'): OwnedRules {
  const { section, target } = context;
  return rulesToExtend(configOf(context), dialect, ownerName(section, target.name));
}

/** The argument of an option, or undefined and reported. */
export function textBehind(
  args: ArgumentReader,
  directive: string,
  word: string,
  end: string,
): string | undefined {
  const text = args.next();
  if (text === undefined) args.alert(`'${directive}' : '${word}' expects a string as argument${end}`);
  return text;
}
