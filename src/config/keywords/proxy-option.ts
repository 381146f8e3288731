/**
 * The shape of `option NAME`: a switch of a proxy that is on, off (`no option`) or silent (`default option`).
 * Owns no option itself.
 */
import type { KeywordContext, ProxyKeyword, ProxySection } from '../keyword.ts';
import { registerFamily } from '../keyword.ts';
import type { ProxyConfig } from '../model.ts';
import { nearestWord } from '../suggest.ts';

export const everywhere: readonly ProxySection[] = ['defaults', 'frontend', 'listen', 'backend'];
export const frontSide: readonly ProxySection[] = ['defaults', 'frontend', 'listen'];
export const backSide: readonly ProxySection[] = ['defaults', 'listen', 'backend'];

export interface SwitchText {
  readonly name: string;
  readonly doc: string;
  readonly sections: readonly ProxySection[];
  readonly negatable?: boolean;
}

/** `value`: on, off, or undefined for the built-in default. */
export type ApplySwitch = (proxy: ProxyConfig, value: boolean | undefined) => void;

export function switchRecord(text: SwitchText, apply: ApplySwitch): ProxyKeyword {
  return {
    scope: 'proxy',
    name: `option ${text.name}`,
    syntax: '',
    doc: text.doc,
    manual: '4.2',
    sections: text.sections,
    negatable: text.negatable ?? true,
    parse: (context) => {
      if (context.args.expectEnd()) apply(context.target, switchValue(context));
    },
  };
}

/** A switch that lies in the proxy's options under its own name. */
export function plainSwitch(
  name: string,
  sections: readonly ProxySection[],
  doc: string,
  negatable = true,
): ProxyKeyword {
  return switchRecord({ name, sections, doc, negatable }, (proxy, value) => {
    if (value === undefined) proxy.options.delete(name);
    else proxy.options.set(name, value);
  });
}

export function switchValue(context: KeywordContext<ProxyConfig>): boolean | undefined {
  return context.defaulted ? undefined : !context.negated;
}

registerFamily({
  scope: 'proxy',
  first: 'option',
  unknown: (args, found, known, negated) => {
    if (negated) {
      args.say(
        'alert',
        found === ''
          ? `parsing ${args.place}: 'option' expects an option name.`
          : `parsing ${args.place}: negation/default is not supported for option '${found}'.`,
      );
    } else if (found === '') args.say('alert', `parsing ${args.place}: 'option' expects an option name.`);
    else {
      const near = nearestWord(found, known);
      args.alert(`unknown option '${found}'${near === undefined ? '.' : `; did you mean '${near}' maybe ?`}`);
    }
  },
});
