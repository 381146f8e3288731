/**
 * Matches of addresses: networks by the longest prefix that holds the address, whatever the length of the list. Masks with
 * holes are looked at one by one. Specification: configuration manual 7.1.6.
 */
import { FAMILY_INET, SocketAddress } from '../../protocol/socket-address.ts';
import { prefixMask } from '../prefix-mask.ts';
import { type Sample, T_ADDR, T_IPV4 } from '../sample.ts';
import { type PatternIndex, registerMatchMethods } from './match-method.ts';

interface Network {
  readonly bytes: Uint8Array;
  readonly mask: Uint8Array;
  /** Bits of the mask; -1: it has holes. */
  readonly bits: number;
}

function readNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/');
  const host = slash < 0 ? text : text.slice(0, slash);
  const suffix = slash < 0 ? undefined : text.slice(slash + 1);
  const address = SocketAddress.parse(dotted(host));
  if (address === undefined) return undefined;
  const size = address.family === FAMILY_INET ? 4 : 16;
  let bits = size * 8;
  let mask: Uint8Array | undefined;
  if (suffix !== undefined) {
    if (/^\d+$/.test(suffix)) {
      bits = Number(suffix);
      if (bits > size * 8) return undefined;
    } else {
      const parsed = SocketAddress.parse(suffix);
      if (parsed === undefined || parsed.family !== address.family) return undefined;
      mask = parsed.bytes.slice(0, size);
      bits = prefixBits(mask);
    }
  }
  mask ??= prefixMask(bits, size);
  const bytes = address.bytes.slice(0, size);
  for (let i = 0; i < size; i++) bytes[i] = (bytes[i] as number) & (mask[i] as number);
  return { bytes, mask, bits };
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

/** Whether the text is a network by itself, and no name that has to be resolved. */
export function isNetwork(text: string): boolean {
  return readNetwork(text) !== undefined;
}

/** Length of the prefix, or -1 for a mask with holes. */
function prefixBits(mask: Uint8Array): number {
  let bits = 0;
  while (bits < mask.length * 8 && ((mask[bits >> 3] as number) & (0x80 >> (bits & 7))) !== 0) bits++;
  const plain = prefixMask(bits, mask.length);
  return plain.every((byte, i) => byte === mask[i]) ? bits : -1;
}

/** Networks of one family by prefix length; keys are the masked address as numbers. */
class Prefixes {
  private readonly lengths: number[] = [];
  private readonly masks: Uint8Array[] = [];
  private readonly tables: Map<number, number[]>[] = [];
  private readonly networks: Network[] = [];
  private readonly positions: number[] = [];
  private readonly holed: number[] = [];
  private readonly size: number;

  constructor(list: readonly { network: Network; position: number }[], size: number) {
    this.size = size;
    const byLength = new Map<number, Map<number, number[]>>();
    for (const { network, position } of list) {
      const entry = this.networks.push(network) - 1;
      this.positions.push(position);
      if (network.bits < 0) {
        this.holed.push(entry);
        continue;
      }
      let table = byLength.get(network.bits);
      if (table === undefined) {
        table = new Map();
        byLength.set(network.bits, table);
      }
      const key = keyOf(network.bytes, network.mask, size);
      const entries = table.get(key);
      if (entries === undefined) table.set(key, [entry]);
      else entries.push(entry);
    }
    for (const [bits, table] of [...byLength].sort(([a], [b]) => b - a)) {
      this.lengths.push(bits);
      this.masks.push(prefixMask(bits, size));
      this.tables.push(table);
    }
  }

  find(address: Uint8Array): number {
    for (let i = 0; i < this.lengths.length; i++) {
      const entries = this.tables[i]?.get(keyOf(address, this.masks[i] as Uint8Array, this.size));
      if (entries === undefined) continue;
      for (let j = 0; j < entries.length; j++) {
        const entry = entries[j] as number;
        if (this.holds(entry, address)) return this.positions[entry] as number;
      }
    }
    for (let i = 0; i < this.holed.length; i++) {
      const entry = this.holed[i] as number;
      if (this.holds(entry, address)) return this.positions[entry] as number;
    }
    return -1;
  }

  private holds(entry: number, address: Uint8Array): boolean {
    const { bytes, mask } = this.networks[entry] as Network;
    for (let i = 0; i < this.size; i++) {
      if (((address[i] as number) & (mask[i] as number)) !== bytes[i]) return false;
    }
    return true;
  }
}

/** 32 bits of the masked address: itself for IPv4, its four words mixed for IPv6. */
function keyOf(address: Uint8Array, mask: Uint8Array, size: number): number {
  let key = 0;
  for (let i = 0; i < size; i += 4) {
    let word = 0;
    for (let j = i; j < i + 4; j++) word = (word << 8) | ((address[j] as number) & (mask[j] as number));
    key = size === 4 ? word : Math.imul(key ^ word, 0x9e3779b1) ^ (key >>> 13);
  }
  return key | 0;
}

const other = new Uint8Array(16);

class Networks implements PatternIndex {
  private readonly inet4: Prefixes;
  private readonly inet6: Prefixes;

  constructor(patterns: readonly string[]) {
    const all = patterns.map((pattern, position) => {
      const network = readNetwork(pattern);
      if (network === undefined) throw new Error(`${pattern} is no network`);
      return { network, position };
    });
    this.inet4 = new Prefixes(
      all.filter(({ network }) => network.bytes.length === 4),
      4,
    );
    this.inet6 = new Prefixes(
      all.filter(({ network }) => network.bytes.length === 16),
      16,
    );
  }

  find(sample: Sample): number {
    const { address } = sample;
    if (sample.type === T_IPV4) {
      const found = this.inet4.find(address);
      if (found >= 0) return found;
      other.fill(0, 0, 10);
      other[10] = 0xff;
      other[11] = 0xff;
      for (let i = 0; i < 4; i++) other[12 + i] = address[i] as number;
      return this.inet6.find(other);
    }
    const found = this.inet6.find(address);
    if (found >= 0) return found;
    const from = inet4Within(address);
    if (from < 0) return -1;
    for (let i = 0; i < 4; i++) other[i] = address[from + i] as number;
    return this.inet4.find(other);
  }
}

/** Where the IPv4 address lies in an IPv6 one that holds one (mapped, compatible, 6to4), or -1. */
function inet4Within(address: Uint8Array): number {
  if (address[0] === 0x20 && address[1] === 0x02) return 2;
  for (let i = 0; i < 10; i++) if (address[i] !== 0) return -1;
  const mapped = address[10] === 0xff && address[11] === 0xff;
  const compatible = address[10] === 0 && address[11] === 0;
  return mapped || compatible ? 12 : -1;
}

registerMatchMethods({
  name: 'ip',
  doc: 'The address is in one of these networks.',
  manual: '7.1.6',
  input: T_ADDR,
  check: (text) =>
    readNetwork(text) === undefined ? `'${text}' is not a valid IPv4 or IPv6 address` : undefined,
  build: (patterns) => new Networks(patterns),
});
