/**
 * What `observe` may see go wrong with a server in the traffic: numbered alike by the data threads, which see and count
 * it, and by the main thread, which decides. Specification: configuration manual 5.2 `observe`.
 */
export const SEEN_UNCONNECTED = 0;
export const SEEN_WRONG_STATUS = 1;
export const SEEN_BAD_RESPONSE = 2;
export const SEEN_READ_ERROR = 3;
export const SEEN_READ_TIMEOUT = 4;
export const SEEN_CLOSE = 5;

/** So many errors in a row that something is to be done about it. */
export interface ObservedErrors {
  /** Index of the server's shared words. */
  readonly server: number;
  readonly count: number;
  /** The last one: SEEN_…. */
  readonly last: number;
  /** Streams on the server at that moment. */
  readonly sessions: number;
}
