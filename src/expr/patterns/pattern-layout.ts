/**
 * Where things stand in the shared memory of pattern lists: words of a list (a pattern reference in HAProxy's words), of
 * its entries, of its indexes and of their nodes. All of it is written under the list's lock (pattern-reference.ts).
 */
import { HEAP_ROOT } from '../../state/shared-heap.ts';

/** First list of all. */
export const ROOT_FIRST = HEAP_ROOT;
export const ROOT_LAST = HEAP_ROOT + 1;
export const ROOT_BASE = HEAP_ROOT + 2;

// Words of a list.
export const REF_LOCK = 0;
/** Even: nobody is changing it. Counts up with every change, and again when the change is done. */
export const REF_VERSION = 1;
export const REF_NEXT = 2;
/** Unique, as `show map` and `-u` have it. */
export const REF_ID = 3;
/** Bits of REF_… below. */
export const REF_FLAGS = 4;
/** Its file's name; 0 for patterns that are written on a line. */
export const REF_NAME = 5;
export const REF_NAME_LENGTH = 6;
export const REF_FIRST = 7;
export const REF_LAST = 8;
/** Entries of all generations. */
export const REF_COUNT = 9;
/** The generation that is matched, and the newest that was prepared. Unsigned. */
export const REF_GENERATION = 10;
export const REF_NEXT_GENERATION = 11;
/** For the next entry: the order of the list. */
export const REF_SEQUENCE = 12;
/** Bytes that were loaded at the start: these never change, and are never given back. */
export const REF_BASE_START = 13;
export const REF_BASE_END = 14;
export const REF_INDEXES = 15;
/** Edits that were refused because there was no room. */
export const REF_REFUSED = 16;
export const REF_WORDS = 24;

/** It has values: it is a map, or used by one. */
export const REF_IS_MAP = 1;
/** An ACL uses it. */
export const REF_IS_ACL = 2;
/** Its values must be integers or addresses, because a converter reads them so. */
export const REF_VALUES_INT = 4;
export const REF_VALUES_IP = 8;

// Words of an entry.
/** Byte offsets. */
export const ENTRY_KEY = 0;
export const ENTRY_KEY_LENGTH = 1;
export const ENTRY_VALUE = 2;
/** Below 0: it has no value. */
export const ENTRY_VALUE_LENGTH = 3;
/** Ascends along the list. */
export const ENTRY_SEQUENCE = 4;
export const ENTRY_GENERATION = 5;
export const ENTRY_PREVIOUS = 6;
export const ENTRY_NEXT = 7;
export const ENTRY_WORDS = 8;

// Words of an index.
export const IX_NEXT = 0;
export const IX_KIND = 1;
export const IX_SLOTS = 2;
export const IX_MASK = 3;
/** Nodes in the slots. */
export const IX_COUNT = 4;
/** List of the special ones, and how often it was changed. */
export const IX_SPECIAL_FIRST = 5;
export const IX_SPECIAL_LAST = 6;
export const IX_SPECIAL_VERSION = 7;
export const IX_SPECIAL_COUNT = 8;
/** Lengths that occur, ascending: pairs of the length and how many keys have it; and how often the set was changed. */
export const IX_LENGTHS = 9;
export const IX_LENGTHS_COUNT = 10;
export const IX_LENGTHS_ROOM = 11;
export const IX_LENGTHS_VERSION = 12;
/** Bits of the first four bytes of keys; 0: nobody asked for it. */
export const IX_FILTER = 13;
/** Bits in it, less one. */
export const IX_FILTER_MASK = 14;
/** Bits of the bytes that keys begin and end with, eight words each. Those of keys that have gone stay. */
export const IX_FIRST_BYTES = 16;
export const IX_LAST_BYTES = 24;
export const IX_WORDS = 32;
/** Words of a set of bytes. */
export const BYTE_SET_WORDS = 8;

// Words of a node. Those of numbers have more of them.
export const NODE_NEXT = 0;
export const NODE_HASH = 1;
export const NODE_ENTRY = 2;
/** Bytes left out, at the start in the lower half and at the end in the upper. Of numbers: the length. */
export const NODE_TRIM = 3;
export const NODE_BYTES_WORDS = 4;
export const NODE_W0 = 4;
export const NODE_NUMBER_WORDS = 8;
/** A special one: both neighbours, and the entry at its place. */
export const SPECIAL_PREVIOUS = 1;
export const SPECIAL_WORDS = 4;

/** Bytes at the beginning of a key that the filter looks at. */
export const FILTER_BYTES = 4;
