/** How long content rules may wait for data. Specification: configuration manual 4.2 `tcp-request|tcp-response inspect-delay`. */
import { Facet } from '../config/facet.ts';

export interface InspectDelay {
  requestMs: number;
  responseMs: number;
}

export const inspectDelayFacet = new Facet(
  'inspectDelay',
  (): InspectDelay => ({ requestMs: 0, responseMs: 0 }),
);
