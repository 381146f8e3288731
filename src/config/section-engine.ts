/**
 * Lines to the typed configuration: which section a line belongs to, which keyword record it means, whether the
 * keyword may stand there, and what a proxy starts with. What keywords do is their records' business.
 * Specification: configuration manual, 2.1, 4; wording of errors as HAProxy 2.6 gives them.
 */
import type { Diagnostics } from './diagnostics.ts';
import { inheritedFromFacet } from './inherited-from.ts';
import { inheritProxy, newProxy } from './initial-values.ts';
import {
  familyOf,
  type GlobalKeyword,
  type KeywordContext,
  keywordsOf,
  type ProxyKeyword,
  type Reading,
  type SectionHandler,
  sectionRecords,
} from './keyword.ts';
import { notYetCarriedOut, notYetNames } from './keywords/not-yet.ts';
import { listenerFromSectionLine, listenerFromSectionName } from './legacy-listeners.ts';
import { LineArguments } from './line-arguments.ts';
import { misplaced } from './misplaced.ts';
import type { Configuration, ProxyConfig } from './model.ts';
import { hasBackend, hasFrontend, proxyWord } from './proxy-kind.ts';
import { nearestWord } from './suggest.ts';
import type { Line } from './words.ts';

type Section =
  | { readonly kind: 'none' }
  | { readonly kind: 'global' }
  | { readonly kind: 'proxy'; readonly proxy: ProxyConfig }
  | { readonly kind: 'owned'; readonly name: string; readonly handler: SectionHandler }
  /** Its first line was refused, so nothing can be said of the others. */
  | { readonly kind: 'refused' };

const proxyKinds = ['defaults', 'frontend', 'listen', 'backend'] as const;
/** What can be negated beside `option`; HAProxy lists it in its message. */
const negatableGlobals = [
  'log',
  'busy-polling',
  'set-dumpable',
  'strict-limits',
  'insecure-fork-wanted',
  'numa-cpu-mapping',
];

export class SectionEngine {
  private readonly configuration: Configuration;
  private readonly diagnostics: Diagnostics;
  private readonly reading: Reading;
  private section: Section = { kind: 'none' };
  /** Defaults sections that a `from` named. */
  private readonly explicitDefaults = new Set<ProxyConfig>();
  private currentDefaults: ProxyConfig | undefined;

  /** A section's own line was refused: what refers to it must not be called unknown. */
  sawRefusedSection = false;

  constructor(configuration: Configuration, diagnostics: Diagnostics, reading: Reading) {
    this.configuration = configuration;
    this.diagnostics = diagnostics;
    this.reading = reading;
  }

  line(line: Line): void {
    const first = line.words[0]?.text ?? '';
    if (first === '') return;
    if (first === 'global') this.openGlobal(line);
    else if (isProxyKind(first)) this.openProxy(line, first);
    else if (sectionRecords().has(first)) this.openOwned(line, first);
    else if (notYetCarriedOut('section', first) !== undefined) {
      this.closeSection();
      this.section = { kind: 'refused' };
      this.sawRefusedSection = true;
      this.reader(line, first, 1).alert(notYetCarriedOut('section', first)!);
    } else this.inside(line);
  }

  /** The end of a file ends its last section. */
  endOfFile(): void {
    this.closeSection();
    this.section = { kind: 'none' };
    this.reading.environment.section = '';
  }

  private reader(line: Line, keyword: string, consumed: number): LineArguments {
    return new LineArguments(line, keyword, consumed, this.diagnostics);
  }

  private closeSection(): void {
    if (this.section.kind === 'owned') this.section.handler.close?.();
    if (this.section.kind === 'proxy')
      listenerFromSectionName(this.section.proxy, this.diagnostics, this.reading.environment);
  }

  private openGlobal(line: Line): void {
    this.closeSection();
    this.section = { kind: 'global' };
    this.reading.environment.section = 'global';
    this.reader(line, 'global', 1).expectEnd();
  }

  private openOwned(line: Line, name: string): void {
    this.closeSection();
    this.reading.environment.section = line.words[1]?.text || name;
    const before = this.diagnostics.count('alert');
    const context = {
      args: this.reader(line, name, 1),
      configuration: this.configuration,
      reading: this.reading,
    };
    const handler = sectionRecords().get(name)!.open(context);
    this.section =
      this.diagnostics.count('alert') > before ? { kind: 'refused' } : { kind: 'owned', name, handler };
  }

  private openProxy(line: Line, kind: ProxyConfig['kind']): void {
    this.closeSection();
    this.section = { kind: 'refused' };
    const sawRefusedBefore = this.sawRefusedSection;
    this.sawRefusedSection = true;
    const args = this.reader(line, kind, 1);
    const origin = { file: line.file, line: line.line };
    const name = args.next() ?? '';
    this.reading.environment.section = name || kind;
    if (name === '' && kind !== 'defaults') {
      args.alert(
        `'${kind}' expects an <id> argument`,
        undefined,
        // HAProxy reads no further; the lines of this section are left out here too.
        line.words[0],
      );
      return;
    }
    const bad = /[^A-Za-z0-9_.:-]/.exec(name);
    if (bad !== null) {
      args.alert(`character '${bad[0]}' is not permitted in '${kind}' name '${name}'.`);
      return;
    }
    if (kind !== 'defaults') this.checkName(args, kind, name, line);

    let address: string | undefined;
    if (kind !== 'defaults' && args.peek() !== undefined && args.peek() !== 'from') address = args.next();
    if (kind === 'backend' && address !== undefined) {
      args.diag(`'${address}' behind the name of a backend is ignored.`);
      address = undefined;
    }
    const from = args.take('from') === undefined ? undefined : args.next();
    if (from !== undefined && !args.expectEnd()) return;
    let defaults = kind === 'defaults' ? undefined : this.currentDefaults;
    if (from !== undefined) {
      const found = this.findDefaults(args, from, kind, name);
      if (found === undefined) return;
      defaults = found;
    }
    if (from === undefined && defaults !== undefined && this.explicitDefaults.has(defaults)) {
      // HAProxy says this as an alert and goes on all the same.
      args.warning(
        `defaults section '${defaults.name}' (declared at ${defaults.origin.file}:${defaults.origin.line}) is explicitly referenced by another proxy and implicitly used here. To avoid any ambiguity don't mix both usage. Add a last defaults section not explicitly used or always use explicit references.`,
      );
    }
    const proxy =
      defaults === undefined ? newProxy(kind, name, origin) : inheritProxy(kind, name, origin, defaults);
    inheritedFromFacet.of(proxy).origin = defaults?.origin;
    if (kind === 'defaults') {
      this.configuration.defaults.push(proxy);
      this.currentDefaults = proxy;
    } else {
      this.configuration.proxies.push(proxy);
    }
    this.section = { kind: 'proxy', proxy };
    this.sawRefusedSection = sawRefusedBefore;
    if (address !== undefined) listenerFromSectionLine(proxy, address, args, this.reading.environment);
  }

  private checkName(args: LineArguments, kind: ProxyConfig['kind'], name: string, line: Line): void {
    const side = { kind };
    const other = this.configuration.proxies.find(
      (p) =>
        p.name === name && ((hasFrontend(p) && hasFrontend(side)) || (hasBackend(p) && hasBackend(side))),
    );
    if (other === undefined) return;
    args.say(
      'alert',
      `Parsing [${line.file}:${line.line}]: ${proxyWord(kind)} '${name}' has the same name as ${proxyWord(
        other.kind,
      )} '${other.name}' declared at ${other.origin.file}:${other.origin.line}.`,
      undefined,
      line.words[1],
    );
  }

  private findDefaults(
    args: LineArguments,
    wanted: string,
    kind: ProxyConfig['kind'],
    name: string,
  ): ProxyConfig | undefined {
    const found = this.configuration.defaults.filter((d) => d.name === wanted);
    const [first, second] = found;
    if (first !== undefined) this.explicitDefaults.add(first);
    if (first === undefined) {
      const near = nearestWord(
        wanted,
        this.configuration.defaults.map((d) => d.name),
      );
      args.alert(
        `defaults section '${wanted}' not found for ${proxyWord(kind)} '${name}'.`,
        near ? `there is a defaults section '${near}'` : undefined,
      );
      return undefined;
    }
    if (second !== undefined) {
      const at = (p: ProxyConfig) => `${p.origin.file}:${p.origin.line}`;
      args.alert(
        `ambiguous defaults section name '${wanted}' referenced by ${proxyWord(
          kind,
        )} '${name}' exists at least at ${at(first)} and ${at(second)}.`,
      );
      return undefined;
    }
    return first;
  }

  private inside(line: Line): void {
    const section = this.section;
    if (section.kind === 'refused') return;
    if (section.kind === 'none') {
      const word = line.words[0]!;
      this.diagnostics.say(
        'alert',
        `parsing [${line.file}:${line.line}]: unknown keyword '${word.text}' out of section.`,
        line,
        word,
        this.sectionHint(word.text),
      );
      return;
    }
    let negation: 'no' | 'default' | undefined;
    const first = line.words[0]?.text ?? '';
    if (first === 'no' || first === 'default') negation = first;
    if (negation !== undefined && !this.mayNegate(line)) {
      this.diagnostics.say(
        'alert',
        `parsing [${line.file}:${line.line}]: negation/default currently supported only for options, ${negatableGlobals
          .slice(0, -1)
          .join(', ')} and ${negatableGlobals.at(-1)}.`,
        line,
        line.words[0],
      );
      // What stands behind the word is judged all the same.
      this.inside(withoutFirst(line, negation));
      return;
    }
    if (negation === 'default' && section.kind === 'global') {
      this.inside(withoutFirst(line, negation));
      return;
    }
    const skip = negation === undefined ? 0 : 1;
    if (section.kind === 'owned') {
      section.handler.line({
        args: this.reader(line, first, 0),
        configuration: this.configuration,
        reading: this.reading,
      });
    } else if (section.kind === 'global') this.globalLine(line, skip, negation);
    else this.proxyLine(line, section.proxy, skip, negation);
  }

  private mayNegate(line: Line): boolean {
    const word = line.words[1]?.text ?? '';
    return word === 'option' || negatableGlobals.includes(word) || this.negatableRecord(line);
  }

  /** A record that says so may be negated even where HAProxy knows no such thing. */
  private negatableRecord(line: Line): boolean {
    const scope = this.section.kind === 'global' ? 'global' : 'proxy';
    const record =
      scope === 'global' ? lookup(keywordsOf('global'), line, 1) : lookup(keywordsOf('proxy'), line, 1);
    return record?.record.negatable === true;
  }

  private globalLine(line: Line, skip: number, negation: 'no' | 'default' | undefined): void {
    const found = lookup<GlobalKeyword>(keywordsOf('global'), line, skip);
    if (found === undefined) {
      this.unknown(line, skip, 'global', 'global', keywordsOf('global').keys());
      return;
    }
    found.record.parse({
      args: this.reader(line, found.record.name, skip + found.words),
      target: this.configuration.global,
      configuration: this.configuration,
      negated: negation === 'no',
      defaulted: negation === 'default',
      section: 'global',
      reading: this.reading,
    });
  }

  private proxyLine(
    line: Line,
    proxy: ProxyConfig,
    skip: number,
    negation: 'no' | 'default' | undefined,
  ): void {
    const found = lookup<ProxyKeyword>(keywordsOf('proxy'), line, skip);
    if (found === undefined) {
      this.unknown(line, skip, 'proxy', proxy.kind, keywordsOf('proxy').keys());
      return;
    }
    const { record } = found;
    const args = this.reader(line, record.name, skip + found.words);
    const context: KeywordContext<ProxyConfig> = {
      args,
      target: proxy,
      configuration: this.configuration,
      negated: negation === 'no',
      defaulted: negation === 'default',
      section: proxy.kind,
      reading: this.reading,
    };
    if (negation !== undefined && record.negatable !== true) {
      args.say(
        'alert',
        `parsing ${args.place}: negation/default is not supported for option '${record.name.replace(/^option /, '')}'.`,
      );
    } else if (record.sections.includes(proxy.kind)) record.parse(context);
    else {
      // What is ignored must still be right: it is read into a proxy that nobody keeps.
      const readAside = () => {
        const aside = args.option(record.name);
        record.parse({ ...context, args: aside, target: newProxy(proxy.kind, proxy.name, proxy.origin) });
        return !aside.failed;
      };
      if (isSwitch(record) && !args.expectEnd()) return;
      if (record.misplaced !== undefined) record.misplaced(context, readAside);
      else misplaced(context, record.name, readAside);
    }
  }

  private unknown(
    line: Line,
    skip: number,
    scope: 'global' | 'proxy',
    section: string,
    names: Iterable<string>,
  ): void {
    const known = [...names, ...notYetNames(scope)];
    const first = line.words[skip]?.text ?? '';
    const second = line.words[skip + 1]?.text ?? '';
    const args = this.reader(line, first, skip + 1);
    const notYet =
      notYetCarriedOut(scope, second === '' ? first : `${first} ${second}`) ?? notYetCarriedOut(scope, first);
    if (notYet !== undefined) {
      args.alert(notYet, undefined, line.words[skip]);
      return;
    }
    const family = familyOf(scope, first);
    if (family !== undefined) {
      if (second !== '') args.next();
      family.unknown(args, second, secondWords(known, first), skip > 0);
      return;
    }
    const near = nearestWord(first, [...new Set([...known.map((k) => k.split(' ')[0]!), ...sectionNames()])]);
    args.alert(
      `unknown keyword '${first}' in '${section}' section${near === undefined ? '' : `; did you mean '${near}' maybe ?`}`,
      undefined,
      line.words[skip],
    );
  }

  private sectionHint(word: string): string | undefined {
    const near = nearestWord(word, sectionNames());
    return near === undefined ? undefined : `did you mean '${near}'?`;
  }
}

/** `option NAME` that is on or off: what stands behind it is wrong in whatever section. */
function isSwitch({ name, syntax, negatable }: ProxyKeyword): boolean {
  return negatable === true && syntax === '' && name.startsWith('option ');
}

/** The line behind `no` or `default`, as HAProxy sees it: after `default` its last word stands there twice. */
function withoutFirst(line: Line, negation: 'no' | 'default'): Line {
  const words = line.words.slice(1);
  const last = words.at(-1);
  return { ...line, words: negation === 'default' && last !== undefined ? [...words, last] : words };
}

function isProxyKind(word: string): word is ProxyConfig['kind'] {
  return (proxyKinds as readonly string[]).includes(word);
}

function sectionNames(): string[] {
  return ['global', ...proxyKinds, ...sectionRecords().keys()];
}

function secondWords(known: readonly string[], first: string): string[] {
  return known.filter((k) => k.startsWith(`${first} `)).map((k) => k.slice(first.length + 1));
}

/** The record whose name, of up to three words, the line starts with; the longest one wins. */
function lookup<R>(
  table: ReadonlyMap<string, R>,
  line: Line,
  skip: number,
): { readonly record: R; readonly words: number } | undefined {
  for (let count = 3; count > 0; count--) {
    const words = line.words.slice(skip, skip + count);
    if (words.length < count) continue;
    const record = table.get(words.map((w) => w.text).join(' '));
    if (record !== undefined) return { record, words: count };
  }
  return undefined;
}
