/** Which `defaults` section a section was made from: by name, or as the last one before it. */
import { Facet } from './facet.ts';
import type { Origin } from './words.ts';

export interface InheritedFrom {
  /** Where that section begins. Undefined: there is none. */
  origin: Origin | undefined;
}

export const inheritedFromFacet = new Facet(
  'inherited-from',
  (): InheritedFrom => ({ origin: undefined }),
  false,
);
