/**
 * Names of proxies, servers and userlists in arguments of expressions. They are noted while the configuration is read,
 * and looked for once all of it is known (reference-check.ts).
 */
import { Facet } from '../config/facet.ts';
import type { Configuration } from '../config/model.ts';
import type { Origin } from '../config/words.ts';
import type { ArgumentValue } from './argument.ts';

export interface Reference {
  readonly argument: ArgumentValue;
  /** Of the argument, from 1. */
  readonly position: number;
  /** What has the argument: `ACL keyword 'be_conn'`. */
  readonly user: string;
  /** Name of the section. */
  readonly proxy: string;
  readonly origin: Origin;
}

export const referencesFacet = new Facet('references', (): Reference[] => []);

/** The list that readers of expressions add to. */
export function referencesOf(configuration: Configuration): Reference[] {
  return referencesFacet.of(configuration);
}

/** Adds those of the arguments that name something. */
export function noteReferences(
  list: Reference[],
  values: readonly ArgumentValue[],
  reference: Omit<Reference, 'argument' | 'position'>,
): void {
  for (const [index, argument] of values.entries()) {
    switch (argument.kind) {
      case 'frontend':
      case 'backend':
      case 'server':
      case 'user list':
        list.push({ argument, position: index + 1, ...reference });
    }
  }
}
