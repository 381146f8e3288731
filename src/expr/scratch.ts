/**
 * Room for what converters and casts make: a ring of areas of one buffer's size each. What is in an area stays there
 * until as many others have been taken: long enough for a chain of converters, which reads one and writes the next.
 * Per thread (a module of a worker is its own).
 */
const AREAS = 8;
let areas: Uint8Array[] = [];
let turn = 0;
let size = 16384;

/** tune.bufsize: what does not fit one area is no valid sample. Called when a thread links its configuration. */
export function sizeScratch(bytes: number): void {
  size = bytes;
  areas = [];
}

export function scratchBytes(): number {
  return size;
}

/** The next area, to be written from its beginning. */
export function nextScratch(): Uint8Array {
  turn = (turn + 1) % AREAS;
  areas[turn] ??= new Uint8Array(size);
  return areas[turn] as Uint8Array;
}

const FORMAT_AREAS = 4;
const formatAreas: Uint8Array[] = [];
let formatTurn = 0;

/** The same for a whole format: the areas of the samples in it, however many they are, are others. */
export function formatScratch(): Uint8Array {
  formatTurn = (formatTurn + 1) % FORMAT_AREAS;
  let area = formatAreas[formatTurn];
  if (area === undefined || area.length !== size) {
    area = new Uint8Array(size);
    formatAreas[formatTurn] = area;
  }
  return area;
}
