/**
 * `retry-on`: which failures of an exchange are worth another attempt.
 */
export const RETRY_CONNECT = 1;
export const RETRY_EMPTY_RESPONSE = 2;
export const RETRY_JUNK_RESPONSE = 4;
export const RETRY_RESPONSE_TIMEOUT = 8;
export const RETRY_EARLY_DATA = 16;
const RETRY_STATUS_FIRST = 5;

/** Statuses that may be named, in the order of their bits. */
export const RETRY_STATUSES: readonly number[] = [401, 403, 404, 408, 425, 500, 501, 502, 503, 504];

const words = new Map<string, number>([
  ['none', 0],
  ['conn-failure', RETRY_CONNECT],
  ['empty-response', RETRY_EMPTY_RESPONSE],
  ['junk-response', RETRY_JUNK_RESPONSE],
  ['response-timeout', RETRY_RESPONSE_TIMEOUT],
  ['0rtt-rejected', RETRY_EARLY_DATA],
  [
    'all-retryable-errors',
    RETRY_CONNECT |
      RETRY_EMPTY_RESPONSE |
      RETRY_JUNK_RESPONSE |
      RETRY_RESPONSE_TIMEOUT |
      RETRY_EARLY_DATA |
      (statusBit(500) | statusBit(502) | statusBit(503) | statusBit(504)),
  ],
]);

export function statusBit(status: number): number {
  const index = RETRY_STATUSES.indexOf(status);
  return index < 0 ? 0 : 1 << (RETRY_STATUS_FIRST + index);
}

/** Bit set of the words; connection failures are retried where nothing was configured. */
export function retryConditions(configured: readonly string[] | undefined): number {
  if (configured === undefined) return RETRY_CONNECT;
  let bits = 0;
  for (const word of configured) bits |= words.get(word) ?? statusBit(Number(word));
  return bits;
}

/** Whether anything beyond the connection itself is retried: then the request has to be kept. */
export function retriesExchange(bits: number): boolean {
  return (bits & ~(RETRY_CONNECT | RETRY_EARLY_DATA)) !== 0;
}
