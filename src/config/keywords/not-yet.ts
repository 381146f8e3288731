/**
 * Keywords of HAProxy 2.6 that Sluice does not carry out yet, so that they are refused by name rather than called
 * unknown. A feature that lands removes its rows.
 */

type Scope = 'section' | 'global' | 'proxy' | 'bind' | 'server';

const notYet: Readonly<Record<Scope, ReadonlySet<string>>> = {
  section: new Set([
    'cache',
    'fcgi-app',
    'log-forward',
    'mailers',
    'peers',
    'program',
    'resolvers',
    'ring',
    'userlist',
  ]),
  global: new Set([]),
  proxy: new Set([]),
  bind: new Set([]),
  server: new Set([]),
};

/** The alert for a keyword that is on the list; undefined for others. */
export function notYetCarriedOut(scope: Scope, name: string): string | undefined {
  return notYet[scope].has(name)
    ? `'${name}' is a keyword of HAProxy 2.6 that this version of Sluice does not carry out yet`
    : undefined;
}

/** For "did you mean". */
export function notYetNames(scope: Scope): Iterable<string> {
  return notYet[scope];
}
