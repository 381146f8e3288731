/**
 * Whether a cache may store a response, as far as `cookie … nocache` has to know: only then is it marked private.
 * Specification: RFC 9111 3, configuration manual 4.2 `cookie`; the reading of the headers observed on HAProxy 2.6.
 */
import { bytesEqual, H_CACHE_CONTROL, wordEquals } from '../../protocol/http1/known-headers.ts';
import { ListReader } from '../../protocol/http1/lists.ts';
import { M_GET, M_HEAD, M_OPTIONS, M_TRACE } from '../../protocol/http1/request-facts.ts';
import type { ResponseParser } from '../../protocol/http1/response-parser.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const PRAGMA = bytes('pragma');
const NO_CACHE = bytes('no-cache');
const FORBIDDING = ['private', 'no-cache', 'no-store', 'max-age=0', 's-maxage=0'].map(bytes);
const PUBLIC = bytes('public');
const FRESHNESS = ['max-age', 's-maxage'].map(bytes);
const VALIDATORS = ['etag', 'last-modified', 'expires'].map(bytes);
/** By default a cache stores these. */
const CACHEABLE_STATUS = new Set([200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501]);
const CACHEABLE_METHODS = new Set([M_GET, M_HEAD, M_OPTIONS, M_TRACE]);

const list = new ListReader();

export function isCacheable(u8: Uint8Array, method: number, response: ResponseParser): boolean {
  if (!CACHEABLE_METHODS.has(method) || !CACHEABLE_STATUS.has(response.status)) return false;
  const block = response.block;
  const pragma = block.findName(u8, PRAGMA);
  if (pragma >= 0 && wordEquals(u8, block.valueStart(pragma), block.valueEnd(pragma), NO_CACHE)) return false;
  let allowed = true;
  let fresh = VALIDATORS.some((name) => block.findName(u8, name) >= 0);
  let line = block.find(H_CACHE_CONTROL);
  for (; line >= 0; line = block.find(H_CACHE_CONTROL, line + 1)) {
    list.open(u8, block.valueStart(line), block.valueEnd(line));
    while (list.next()) {
      const { start, end } = list;
      if (wordEquals(u8, start, end, PUBLIC)) allowed = true;
      else if (FORBIDDING.some((word) => wordEquals(u8, start, end, word))) allowed = false;
      // Whatever its value: that there is one is what counts.
      if (FRESHNESS.some((word) => end - start >= word.length && bytesEqual(u8, start, word))) fresh = true;
    }
  }
  return allowed && fresh;
}
