/**
 * What a keyword of the language is: one record, kept beside the code that carries it out. From these records come the
 * parser, the messages with their "did you mean", the reference manual, completion and lint.
 * Features call `registerKeywords` at module load; nothing else knows the list.
 */
import type { ArgumentReader } from './argument-reader.ts';
import type { Environment } from './environment.ts';
import type { BindConfig, Configuration, GlobalConfig, ProxyConfig, ServerConfig } from './model.ts';

export type ProxySection = 'defaults' | 'frontend' | 'listen' | 'backend';

/** What a parser is given beside its arguments. */
export interface KeywordContext<Target> {
  readonly args: ArgumentReader;
  readonly target: Target;
  readonly configuration: Configuration;
  /** `no option x`, `no log`, `no transparent` … */
  readonly negated: boolean;
  /** `default option x`: back to the built-in default, whatever the defaults section said. */
  readonly defaulted: boolean;
  readonly section: string;
  readonly reading: Reading;
}

/** What is known while lines are read and of no interest afterwards. */
export interface Reading {
  /** Variables; `setenv` and its siblings change them. */
  readonly environment: Environment;
  /** The file that a name on a line of `fromFile` means (`default-path`). */
  resolvePath(path: string, fromFile: string): string;
  /** Changes what `resolvePath` does from here on. */
  setDefaultPath(policy: DefaultPath): void;
}
export type DefaultPath =
  | { readonly kind: 'current' | 'config' | 'parent' }
  | { readonly kind: 'origin'; readonly path: string };

interface KeywordRecordBase<Target> {
  /** As written; two words where the second selects the keyword: `timeout client`, `option httplog`, `stats enable`. */
  readonly name: string;
  /** Arguments as a manual shows them: `<time>`, `{ on | off }`, `[except <net>]`. */
  readonly syntax: string;
  /** One or two sentences: what it does, its default. */
  readonly doc: string;
  /** Section of the HAProxy 2.6 configuration manual, or `1.4` for what only the old manual has. */
  readonly manual: string;
  /** Whether `no <name>` and `default <name>` are allowed. */
  readonly negatable?: boolean;
  /** Set for old spellings: the warning's advice, such as `timeout connect`. */
  readonly replacedBy?: string;
  readonly parse: (context: KeywordContext<Target>) => void;
}

export interface GlobalKeyword extends KeywordRecordBase<GlobalConfig> {
  readonly scope: 'global';
}
export interface ProxyKeyword extends KeywordRecordBase<ProxyConfig> {
  readonly scope: 'proxy';
  readonly sections: readonly ProxySection[];
  /**
   * Called instead of `parse` in a section that `sections` does not name. Without it the engine says what HAProxy
   * says of most keywords: an alert in `defaults`, elsewhere a warning that the line is ignored. `readAside` reads
   * the arguments nevertheless, reports what is wrong with them, and says whether nothing was.
   */
  readonly misplaced?: (context: KeywordContext<ProxyConfig>, readAside: () => boolean) => void;
}
/** An option of a `bind` line. One record also serves `stats socket`. */
export interface BindKeyword extends KeywordRecordBase<BindConfig> {
  readonly scope: 'bind';
}
/** An option of a `server` or `default-server` line. */
export interface ServerKeyword extends KeywordRecordBase<ServerConfig> {
  readonly scope: 'server';
  /** Refused on `default-server`. */
  readonly notForDefault?: boolean;
}
export type KeywordRecord = GlobalKeyword | ProxyKeyword | BindKeyword | ServerKeyword;

/** A whole section kind (`userlist`, `http-errors`, `peers` …): its header line and its lines are the record's business. */
export interface SectionRecord {
  readonly name: string;
  readonly doc: string;
  readonly manual: string;
  /** Called with the section's own line; returns what handles each following line up to the next section. */
  readonly open: (context: SectionContext) => SectionHandler;
}
export interface SectionContext {
  readonly args: ArgumentReader;
  readonly configuration: Configuration;
  readonly reading: Reading;
}
export interface SectionHandler {
  line(context: SectionContext): void;
  /** After the section's last line. */
  close?(): void;
  /** Names for "did you mean". */
  readonly keywords: readonly string[];
}

/** A check that looks at the whole typed configuration after the last line was read (postparsing). */
export type ConfigurationCheck = (configuration: Configuration, report: CheckReport) => void;
export interface CheckReport {
  /** `message` without severity and place, in HAProxy's wording; `origin` adds `parsing [file:line] : ` when given. */
  alert(message: string, origin?: { file: string; line: number }, hint?: string): void;
  warning(message: string, origin?: { file: string; line: number }, hint?: string): void;
  diag(message: string, origin?: { file: string; line: number }, hint?: string): void;
  /** As the others, but HAProxy writes no `parsing [file:line] : ` before the message; the line is still shown. */
  alertAt(message: string, origin: { file: string; line: number }, hint?: string): void;
  warningAt(message: string, origin: { file: string; line: number }, hint?: string): void;
}

/**
 * Keywords of two words share a first one (`timeout client`, `stats enable`). What is said when the second word is
 * missing or unknown belongs to the first.
 */
export interface KeywordFamily {
  readonly scope: 'global' | 'proxy';
  readonly first: string;
  /** `found`: the second word, empty where there is none. */
  readonly unknown: (args: ArgumentReader, found: string, known: readonly string[], negated: boolean) => void;
}

const keywords = new Map<string, Map<string, KeywordRecord>>();
const families = new Map<string, KeywordFamily>();
const sections = new Map<string, SectionRecord>();
const checks: ConfigurationCheck[] = [];
const lastChecks: ConfigurationCheck[] = [];

export function registerKeywords(...records: readonly KeywordRecord[]): void {
  for (const record of records) {
    let table = keywords.get(record.scope);
    if (table === undefined) {
      table = new Map();
      keywords.set(record.scope, table);
    }
    if (table.has(record.name)) throw new Error(`keyword registered twice: ${record.scope} ${record.name}`);
    table.set(record.name, record);
  }
}
export function registerFamily(family: KeywordFamily): void {
  families.set(`${family.scope} ${family.first}`, family);
}
export function familyOf(scope: KeywordFamily['scope'], first: string): KeywordFamily | undefined {
  return families.get(`${scope} ${first}`);
}
export function registerSection(record: SectionRecord): void {
  if (sections.has(record.name)) throw new Error(`section registered twice: ${record.name}`);
  sections.set(record.name, record);
}
/** Checks run in the order of registration, those behind all others that look at what the others have noted. */
export function registerCheck(check: ConfigurationCheck, when: 'inOrder' | 'last' = 'inOrder'): void {
  if (when === 'last') lastChecks.push(check);
  else checks.push(check);
}

export function keywordsOf(scope: 'global'): ReadonlyMap<string, GlobalKeyword>;
export function keywordsOf(scope: 'proxy'): ReadonlyMap<string, ProxyKeyword>;
export function keywordsOf(scope: 'bind'): ReadonlyMap<string, BindKeyword>;
export function keywordsOf(scope: 'server'): ReadonlyMap<string, ServerKeyword>;
export function keywordsOf(scope: KeywordRecord['scope']): ReadonlyMap<string, KeywordRecord> {
  return keywords.get(scope) ?? new Map();
}
export function sectionRecords(): ReadonlyMap<string, SectionRecord> {
  return sections;
}
export function configurationChecks(): readonly ConfigurationCheck[] {
  return [...checks, ...lastChecks];
}
