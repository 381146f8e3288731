/** Networks as patterns write them: an address, short forms of it, a mask or its length. Specification: manual 7.1.6. */
import { parseInet4 } from '../../protocol/inet-text.ts';
import { FAMILY_INET, SocketAddress } from '../../protocol/socket-address.ts';
import { prefixMask } from '../prefix-mask.ts';
import { latin1Text } from '../sample.ts';

const SLASH = 0x2f;

export class Network {
  /** 4 or 16. */
  size = 4;
  /** The address, masked. */
  readonly bytes = new Uint8Array(16);
  readonly mask = new Uint8Array(16);
  /** Bits of the mask; -1: it has holes. */
  bits = 0;

  /** From a plain IPv4 address with or without a number of bits, which most are; false for anything else. */
  setPlain(u8: Uint8Array, start: number, end: number): boolean {
    let slash = end;
    let bits = 32;
    if (u8[end - 2] === SLASH) slash = end - 2;
    else if (u8[end - 3] === SLASH) slash = end - 3;
    if (slash < start) return false;
    if (slash !== end) {
      bits = 0;
      for (let i = slash + 1; i < end; i++) {
        const digit = (u8[i] as number) - 0x30;
        if (digit < 0 || digit > 9) return false;
        bits = bits * 10 + digit;
      }
      if (bits > 32) return false;
    }
    if (!parseInet4(u8, start, slash, this.bytes, 0)) return false;
    this.size = 4;
    this.bits = bits;
    for (let i = 0; i < 4; i++) {
      const left = Math.max(0, Math.min(8, bits - i * 8));
      const mask = (0xff00 >> left) & 0xff;
      this.mask[i] = mask;
      this.bytes[i] = (this.bytes[i] as number) & mask;
    }
    return true;
  }

  /** `names`: addresses of host names. */
  set(u8: Uint8Array, start: number, end: number, names: ReadonlyMap<string, string>): boolean {
    if (this.setPlain(u8, start, end)) return true;
    const text = latin1Text(u8, start, end);
    return this.setText(text) || this.setText(names.get(text) ?? '');
  }

  setText(text: string): boolean {
    const slash = text.indexOf('/');
    const host = slash < 0 ? text : text.slice(0, slash);
    const address = SocketAddress.parse(dotted(host));
    if (address === undefined) return false;
    const size = address.family === FAMILY_INET ? 4 : 16;
    let bits = size * 8;
    let mask: Uint8Array | undefined;
    if (slash >= 0) {
      const suffix = text.slice(slash + 1);
      if (/^\d+$/.test(suffix)) {
        bits = Number(suffix);
        if (bits > size * 8) return false;
      } else {
        const parsed = SocketAddress.parse(suffix);
        if (parsed === undefined || parsed.family !== address.family) return false;
        mask = parsed.bytes.slice(0, size);
        bits = prefixBits(mask);
      }
    }
    mask ??= prefixMask(bits, size);
    this.size = size;
    this.bits = bits;
    this.mask.set(mask);
    for (let i = 0; i < size; i++) this.bytes[i] = (address.bytes[i] as number) & (mask[i] as number);
    return true;
  }

  holds(address: Uint8Array): boolean {
    for (let i = 0; i < this.size; i++)
      if (((address[i] as number) & (this.mask[i] as number)) !== this.bytes[i]) return false;
    return true;
  }
}

/** An IPv4 address with fewer than four numbers: the last one fills what is left (inet_aton). */
function dotted(host: string): string {
  if (!/^\d+(\.\d+){0,2}$/.test(host)) return host;
  const parts = host.split('.').map(Number);
  const last = parts.pop() as number;
  if (parts.some((part) => part > 255) || last >= 256 ** (4 - parts.length)) return host;
  for (let i = 3 - parts.length; i >= 0; i--) parts.push(Math.floor(last / 256 ** i) % 256);
  return parts.join('.');
}

/** Length of the prefix, or -1 for a mask with holes. */
function prefixBits(mask: Uint8Array): number {
  let bits = 0;
  while (bits < mask.length * 8 && ((mask[bits >> 3] as number) & (0x80 >> (bits & 7))) !== 0) bits++;
  const plain = prefixMask(bits, mask.length);
  return plain.every((byte, i) => byte === mask[i]) ? bits : -1;
}

const scratch = new Network();

/** Whether the text is a network by itself, and no name that has to be resolved. */
export function isNetwork(text: string): boolean {
  return scratch.setText(text);
}
