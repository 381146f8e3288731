/** What HAProxy says of keywords in a section that they do not belong to. */
import type { KeywordContext } from './keyword.ts';
import type { ProxyConfig } from './model.ts';
import { hasFrontend, proxyWord } from './proxy-kind.ts';

/** The common form: an alert in `defaults`, elsewhere a warning that the line is ignored. */
export function misplaced(
  context: KeywordContext<ProxyConfig>,
  name: string,
  readAside: () => boolean,
  advice = '',
): void {
  const { args, target } = context;
  const shown = name.replace(/^option /, '');
  const keyword = args.line.words[args.position - 1];
  if (target.kind === 'defaults') {
    args.rest();
    args.alert(`'${shown}' not allowed in 'defaults' section.`, undefined, keyword);
  } else {
    args.warning(`'${shown}' ignored because ${lacking(target)}.${advice}`, undefined, keyword);
    readAside();
  }
}

/** Behind the name of what is refused in frontends too. */
export const BACKENDS_ONLY = "is only allowed in 'backend' sections or 'defaults' section with a name";

/** ACLs and rules stand in `defaults` sections with a name alone. True when a line in one without was refused. */
export function refusedInAnonymousDefaults(
  { args, target }: KeywordContext<ProxyConfig>,
  name: string,
): boolean {
  if (target.kind !== 'defaults' || target.name !== '') return false;
  args.rest();
  if (name.startsWith('tcp-response')) args.alert(`${name} ${BACKENDS_ONLY}`);
  else if (name.startsWith('tcp-request'))
    args.alert(`${name} is not allowed in anonymous 'defaults' sections`);
  else args.alert(`'${name}' not allowed in anonymous 'defaults' section.`);
  return true;
}

/** `frontend 'x' has no backend capability`. */
export function lacking(proxy: ProxyConfig): string {
  return `${proxyWord(proxy.kind)} '${proxy.name}' has no ${hasFrontend(proxy) ? 'backend' : 'frontend'} capability`;
}
