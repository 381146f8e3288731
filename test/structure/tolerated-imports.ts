// Imports that break a rule today and are going to move. The list only shrinks: the check also fails when an entry is no
// longer needed.

export interface ToleratedImport {
  readonly file: string;
  readonly imported: string;
  readonly until: string;
}

export const TOLERATED: readonly ToleratedImport[] = [];
