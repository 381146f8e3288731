/**
 * What a backend says of its health checks: which kind they are, what an HTTP check sends and expects. Plain data in a
 * facet of the proxy. Specification: configuration manual 4.2 `option httpchk`, `http-check`.
 */
import { Facet } from '../../config/facet.ts';

export type Expectation = {
  /** `!`: the check fails when it matches. */
  readonly negated: boolean;
} & (
  | { readonly match: 'status'; readonly ranges: readonly { readonly from: number; readonly to: number }[] }
  | { readonly match: 'rstatus'; readonly pattern: string }
  | { readonly match: 'string'; readonly text: string }
  | { readonly match: 'rstring'; readonly pattern: string }
);

export interface HttpCheckRequest {
  method: string | undefined;
  uri: string | undefined;
  version: string | undefined;
  headers: [name: string, value: string][];
  body: string | undefined;
}

export interface BackendCheck {
  /** The last of `option tcp-check` and `option httpchk`; without either, checks only connect and tell less of it. */
  kind: 'plain' | 'tcp' | 'http';
  /** Of `option httpchk`. */
  request: HttpCheckRequest;
  /** Of `http-check send`, which goes before the former. */
  send: HttpCheckRequest | undefined;
  expectations: Expectation[];
  disableOn404: boolean;
}

export function emptyRequest(): HttpCheckRequest {
  return { method: undefined, uri: undefined, version: undefined, headers: [], body: undefined };
}

export const backendCheck = new Facet<BackendCheck>('proxy.check', () => ({
  kind: 'plain',
  request: emptyRequest(),
  send: undefined,
  expectations: [],
  disableOn404: false,
}));
