/**
 * Arguments of fetches and converters: what a record asks for, and the values that the configuration gives, as plain
 * data. Names of proxies and servers stay names until everything is linked.
 * Specification: configuration manual 7.3 (argument types), 2.2 (second level of quoting).
 */
import type { Int64 } from './int64.ts';

/** As HAProxy's messages name them. */
export type ArgumentKind =
  | 'integer'
  | 'string'
  | 'IPv4 address'
  | 'IPv4 mask'
  | 'IPv6 address'
  | 'IPv6 mask'
  | 'delay'
  | 'size'
  | 'frontend'
  | 'backend'
  | 'table'
  | 'server'
  | 'user list'
  | 'regex'
  | 'variable'
  | 'Protocol buffers field number';

export interface ArgumentList {
  readonly kinds: readonly ArgumentKind[];
  /** How many of them must be there. */
  readonly required: number;
}

export const noArguments: ArgumentList = { kinds: [], required: 0 };

/** All required. */
export function takes(...kinds: ArgumentKind[]): ArgumentList {
  return { kinds, required: kinds.length };
}

/** The first `required` must be there, the others may. */
export function takesAtLeast(required: number, ...kinds: ArgumentKind[]): ArgumentList {
  return { kinds, required };
}

export type ArgumentValue =
  /** Left out. */
  | { readonly kind: 'absent' }
  /** integer; delay in milliseconds; size in bytes. `exact` where a number is not. */
  | { readonly kind: 'integer' | 'delay' | 'size'; readonly value: number; readonly exact?: bigint }
  | { readonly kind: 'string' | 'regex'; readonly text: string }
  | {
      readonly kind: 'IPv4 address' | 'IPv4 mask' | 'IPv6 address' | 'IPv6 mask';
      readonly bytes: Uint8Array;
    }
  /** By name; empty: the current section's own. A server's is `backend/server` or `server`. */
  | {
      readonly kind: 'frontend' | 'backend' | 'table' | 'server' | 'user list';
      readonly name: string;
      /** The section that the expression stands in. */
      readonly proxy: string;
    }
  /** Numbers of nested fields, outermost first. */
  | { readonly kind: 'Protocol buffers field number'; readonly path: readonly number[] }
  | { readonly kind: 'variable'; readonly scope: VariableScope; readonly name: string };

export type VariableScope = 'proc' | 'sess' | 'txn' | 'req' | 'res' | 'check';
export const variableScopes: readonly VariableScope[] = ['proc', 'sess', 'txn', 'req', 'res', 'check'];

/** The text of a string argument, or undefined when it was left out. */
export function textOf(value: ArgumentValue | undefined): string | undefined {
  return value?.kind === 'string' || value?.kind === 'regex' ? value.text : undefined;
}

/** The number of an integer argument, or undefined when it was left out. */
export function numberOf(value: ArgumentValue | undefined): number | undefined {
  return value?.kind === 'integer' || value?.kind === 'delay' || value?.kind === 'size'
    ? value.value
    : undefined;
}

/** The same with all its 64 bits. */
export function int64Of(value: ArgumentValue | undefined): Int64 | undefined {
  return value?.kind === 'integer' ? (value.exact ?? value.value) : undefined;
}

export function isAbsent(value: ArgumentValue | undefined): boolean {
  return value === undefined || value.kind === 'absent';
}
