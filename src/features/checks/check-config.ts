/**
 * What a backend says of its health checks: their kind, and the rules that were written. Plain data in a facet of the
 * proxy. Specification: configuration manual 4.2 `option httpchk`, `option tcp-check` and siblings.
 */
import { Facet } from '../../config/facet.ts';
import type { CheckRule, HttpRequestText } from './check-rules.ts';

export type CheckKind =
  /** No option at all: connecting is all. */
  | { readonly kind: 'plain' }
  | { readonly kind: 'tcp' | 'http' | 'external' }
  | { readonly kind: 'ssl-hello' | 'ldap' | 'redis' | 'spop' }
  | { readonly kind: 'smtp'; readonly command: 'HELO' | 'EHLO'; readonly domain: string }
  | { readonly kind: 'mysql'; readonly user: string | undefined; readonly is41: boolean }
  | { readonly kind: 'pgsql'; readonly user: string };

/** The rules of one kind, and the section that they are of: a proxy's own rules replace those of its defaults. */
export interface OwnedRules {
  owner: string;
  rules: CheckRule[];
  /** A rule was written while no option of its kind was in force. */
  stray: boolean;
}

export interface BackendCheck {
  /** The last option counts. */
  check: CheckKind;
  tcp: OwnedRules;
  http: OwnedRules;
  /** The request of `option httpchk`, until an `http-check send` takes it over. */
  request: HttpRequestText | undefined;
  disableOn404: boolean;
  sendState: boolean;
  externalCommand: string | undefined;
  externalPath: string | undefined;
}

export const backendCheck = new Facet<BackendCheck>('proxy.check', () => ({
  check: { kind: 'plain' },
  tcp: { owner: '', rules: [], stray: false },
  http: { owner: '', rules: [], stray: false },
  request: undefined,
  disableOn404: false,
  sendState: false,
  externalCommand: undefined,
  externalPath: undefined,
}));

/** How a section calls itself as the owner of rules. */
export function ownerName(section: string, name: string): string {
  return `${section} ${name}`;
}

/** The rules that a line of this section adds to: its own, in the place of those that it has inherited. */
export function rulesToExtend(check: BackendCheck, dialect: 'tcp' | 'http', owner: string): OwnedRules {
  if (check[dialect].owner !== owner) {
    check[dialect] = { owner, rules: [], stray: false };
    if (dialect === 'http') check.request = undefined;
  }
  if (check.check.kind !== dialect) check[dialect].stray = true;
  return check[dialect];
}

/** An option chooses the kind of the checks. */
export function chooseKind(check: BackendCheck, kind: CheckKind): void {
  check.check = kind;
  check.tcp.stray = false;
  check.http.stray = false;
}
