/**
 * `use-server`: which server of its backend a request or a connection goes to, before cookies and balancing. Names may be
 * formats, made for each request.
 * Specification: configuration manual 4.2 `use-server`; wording of messages as HAProxy 2.6.
 */
import path from 'node:path';
import { Facet } from '../config/facet.ts';
import { type CheckReport, type KeywordContext, registerCheck, registerKeywords } from '../config/keyword.ts';
import { misplaced } from '../config/misplaced.ts';
import type { Configuration, ProxyConfig } from '../config/model.ts';
import { proxyWord } from '../config/proxy-kind.ts';
import type { Origin } from '../config/words.ts';
import type { ConditionConfig } from '../expr/acl/acl-config.ts';
import { conditionPlace } from '../expr/acl/acl-keyword.ts';
import { blindAcl } from '../expr/acl/blind-acls.ts';
import { type Condition, linkCondition } from '../expr/acl/condition.ts';
import { readCondition } from '../expr/acl/parse-condition.ts';
import type { Linker } from '../expr/linker.ts';
import {
  checkFormat,
  type FormatConfig,
  type FormatText,
  linkFormat,
} from '../expr/log-format/format-text.ts';
import { patternFileReader } from '../expr/patterns/pattern-files.ts';
import { referencesOf } from '../expr/references.ts';
import { latin1Text } from '../expr/sample.ts';
import type { Scope } from '../expr/scope.ts';
import { scratchBytes } from '../expr/scratch.ts';
import { noteKind } from './rule-order.ts';

interface UseServerConfig {
  /** A server's name, or a format that makes one. */
  readonly server: FormatConfig;
  readonly isDynamic: boolean;
  readonly condition: ConditionConfig;
  readonly origin: Origin;
}

const useServerFacet = new Facet('use-server', (): UseServerConfig[] => []);

const POINT = 'backend use-server, balance or stick-match rule';

function parse(context: KeywordContext<ProxyConfig>): void {
  const { args, target } = context;
  const name = args.next();
  if (name === undefined) {
    args.alert("'use-server' expects a server name.");
    return;
  }
  const word = args.peek();
  if (word !== 'if' && word !== 'unless') {
    args.alert("'use-server' requires either 'if' or 'unless' followed by a condition.");
    args.rest();
    return;
  }
  const place = conditionPlace(context);
  const read = readCondition(args.rest(), place);
  if ('error' in read) {
    args.alert(`error detected while parsing switching rule : ${read.error}.`, read.hint);
    return;
  }
  const blind = blindAcl(read.condition, [POINT], POINT);
  if (blind !== undefined) args.warning(blind);
  const { origin } = place;
  const server = { text: name, proxy: target.name, origin };
  useServerFacet
    .of(target)
    .push({ server, isDynamic: name.includes('%'), condition: read.condition, origin });
  noteKind(context, 'use-server');
}

registerKeywords({
  scope: 'proxy',
  name: 'use-server',
  syntax: '<server> { if | unless } <condition>',
  doc: 'The server that requests go to for which the condition holds, unless it is down. The first such rule counts.',
  manual: '4.2',
  sections: ['listen', 'backend'],
  parse,
  // HAProxy says that it ignores the line, and looks for the server all the same.
  misplaced: (context, readAside) => {
    misplaced(context, 'use-server', () => {
      if (context.target.kind !== 'frontend') return readAside();
      parse(context);
      return true;
    });
  },
});

registerCheck((configuration, report) => {
  for (const proxy of configuration.proxies) {
    for (const rule of useServerFacet.read(proxy) ?? []) {
      if (rule.isDynamic) checkName(configuration, proxy, rule, report);
      else if (!proxy.servers.some((server) => server.name === rule.server.text)) {
        report.alertAt(
          `${proxyWord(proxy.kind)} '${proxy.name}' : unable to find server '${rule.server.text}' referenced in a 'use-server' rule.`,
          rule.origin,
        );
      }
    }
  }
});

function checkName(
  configuration: Configuration,
  proxy: ProxyConfig,
  { server, origin }: UseServerConfig,
  report: CheckReport,
): void {
  const result = checkFormat(server.text, {
    origin,
    proxy: proxy.name,
    references: referencesOf(configuration),
    usedIn: 'use-server or balance expression',
    points: [POINT],
    http: proxy.mode === 'http',
    files: patternFileReader(configuration, (file) => path.resolve(file), origin),
  });
  if (result.ok) return;
  for (const { message, hint } of result.errors) {
    report.alertAt(
      `Parsing [${origin.file}:${origin.line}]; use-server rule failed to parse log-format '${server.text}' : ${message}`,
      origin,
      hint,
    );
  }
}

/** The name that a rule made is not one of a server. */
export const UNKNOWN_SERVER = -1;

export class UseServerRule {
  private readonly condition: Condition;
  private readonly format: FormatText | null;
  /** Position of the server; UNKNOWN_SERVER for names that are made per request. */
  private readonly fixed: number;
  /** By name, shared by the rules of a backend. */
  private readonly positions: ReadonlyMap<string, number>;
  private readonly area: Uint8Array;

  constructor(
    config: UseServerConfig,
    positions: ReadonlyMap<string, number>,
    area: Uint8Array,
    linker: Linker,
  ) {
    this.condition = linkCondition(config.condition, linker);
    this.format = config.isDynamic ? linkFormat(config.server, linker) : null;
    this.fixed = config.isDynamic ? UNKNOWN_SERVER : (positions.get(config.server.text) ?? UNKNOWN_SERVER);
    this.positions = positions;
    this.area = area;
  }

  holds(scope: Scope): boolean {
    return this.condition.holds(scope);
  }

  /** Position of the server in its backend, or UNKNOWN_SERVER. */
  position(scope: Scope): number {
    if (this.format === null) return this.fixed;
    const end = this.format.write(scope, this.area, 0, this.area.length);
    return this.positions.get(latin1Text(this.area, 0, end)) ?? UNKNOWN_SERVER;
  }
}

export function linkUseServer(proxy: ProxyConfig, linker: Linker): readonly UseServerRule[] {
  const configs = useServerFacet.read(proxy) ?? [];
  if (configs.length === 0) return [];
  const positions = new Map<string, number>();
  // Of two servers with one name the first counts.
  for (const [at, { name }] of proxy.servers.entries()) if (!positions.has(name)) positions.set(name, at);
  const area = new Uint8Array(scratchBytes());
  return configs.map((config) => new UseServerRule(config, positions, area, linker));
}
