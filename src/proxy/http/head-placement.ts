/** Puts heads that were put together elsewhere where they are sent from. */
import { u8 } from '../../os/arena.ts';
import type { Channel } from '../../transport/channel.ts';

/** Right in front of what the channel holds. False when the buffer has no room for it. */
export function placeHead(channel: Channel, start: number, length: number): boolean {
  const at = channel.head - length;
  if (at < channel.buffer) {
    // No room in front: what follows moves back.
    const shift = channel.buffer - at;
    if (channel.tail + shift > channel.limit) return false;
    u8.copyWithin(channel.head + shift, channel.head, channel.tail);
    channel.head += shift;
    channel.ready += shift;
    channel.tail += shift;
  }
  channel.head -= length;
  u8.copyWithin(channel.head, start, start + length);
  return true;
}

/** Result: the offset behind them. */
export function appendBytes(at: number, bytes: Uint8Array): number {
  u8.set(bytes, at);
  return at + bytes.length;
}
