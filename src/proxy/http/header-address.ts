/**
 * An address out of a request header, for `source … usesrc hdr_ip(name,occurrence)`.
 */

import type { HeaderBlock } from '../../protocol/http1/header-block.ts';
import { ListReader } from '../../protocol/http1/lists.ts';
import type { SocketAddress } from '../../protocol/socket-address.ts';

const list = new ListReader();
const LONGEST_OCCURRENCE = 32;

/** Occurrences count from 1, or from the last one down when negative. False when there is none, or it is no address. */
export function readHeaderAddress(
  u8: Uint8Array,
  block: HeaderBlock,
  name: string,
  occurrence: number,
  into: SocketAddress,
): boolean {
  const bytes = Buffer.from(name.toLowerCase(), 'latin1');
  const spans: number[] = [];
  for (let line = block.findName(u8, bytes); line >= 0; line = block.findName(u8, bytes, line + 1)) {
    list.open(u8, block.valueStart(line), block.valueEnd(line));
    while (list.next() && spans.length < LONGEST_OCCURRENCE * 2) spans.push(list.start, list.end);
  }
  const count = spans.length / 2;
  const index = occurrence > 0 ? occurrence - 1 : count + occurrence;
  if (index < 0 || index >= count) return false;
  return into.setTextBytes(u8, spans[index * 2] as number, spans[index * 2 + 1] as number, 0);
}
