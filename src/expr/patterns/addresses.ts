/**
 * Matches of addresses: networks by the longest prefix that holds the address, whatever the length of the list. Masks with
 * holes are looked at one by one. Specification: configuration manual 7.1.6.
 */
import { type Sample, T_ADDR, T_IPV4 } from '../sample.ts';
import { IndexView } from './index-view.ts';
import { hashWords, spread } from './key-hash.ts';
import {
  type DerivedKey,
  KIND_IP,
  registerKeyKinds,
  SHAPE_NONE,
  SHAPE_NUMBER,
  SHAPE_SPECIAL,
} from './key-kind.ts';
import { registerMatchMethods } from './match-method.ts';
import { isNetwork, Network } from './networks.ts';
import { ENTRY_GENERATION, NODE_ENTRY, NODE_HASH, NODE_NEXT, NODE_TRIM, NODE_W0 } from './pattern-layout.ts';
import { type PatternFinder, PatternLookup } from './pattern-lookup.ts';

/** The length by which an index counts a network: its bits, and this more for IPv6. */
const INET6 = 64;

const read = new Network();

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

/** The word with only its first `bits` bits, of which there may be fewer than none and more than all. */
function masked(word: number, bits: number): number {
  return bits <= 0 ? 0 : bits >= 32 ? word : word & (-1 << (32 - bits));
}

function refusal(text: string): string | undefined {
  return isNetwork(text) ? undefined : `'${text}' is not a valid IPv4 or IPv6 address`;
}

function derive(
  u8: Uint8Array,
  start: number,
  end: number,
  base: number,
  names: ReadonlyMap<string, string>,
  out: DerivedKey,
): number {
  if (!read.set(u8, start, end, names)) return SHAPE_NONE;
  if (read.bits < 0) return SHAPE_SPECIAL;
  const { bytes, size } = read;
  out.length = read.bits + (size === 4 ? 0 : INET6);
  out.w0 = wordAt(bytes, 0);
  out.w1 = size === 4 ? 0 : wordAt(bytes, 4);
  out.w2 = size === 4 ? 0 : wordAt(bytes, 8);
  out.w3 = size === 4 ? 0 : wordAt(bytes, 12);
  out.hash = hashWords(out.w0, out.w1, out.w2, out.w3, out.length, base);
  return SHAPE_NUMBER;
}

registerKeyKinds({ kind: KIND_IP, shape: SHAPE_NUMBER, derive, refusal });

const other = new Uint8Array(16);
const NO_NAMES: ReadonlyMap<string, string> = new Map();

class Networks implements PatternFinder {
  private readonly view: IndexView;
  private holed: readonly { readonly network: Network; readonly entry: number }[] = [];

  constructor(view: IndexView) {
    this.view = view;
    view.takeSpecials = (entries) => this.takeHoled(entries);
  }

  private takeHoled(entries: readonly number[]): void {
    this.holed = entries.map((entry) => {
      const network = new Network();
      const text = Buffer.from(this.view.keyText(entry), 'latin1');
      network.set(text, 0, text.length, NO_NAMES);
      return { network, entry };
    });
  }

  find(sample: Sample): number {
    const { address } = sample;
    if (sample.type === T_IPV4) {
      const found = this.findInet4(address, 0);
      if (found !== 0) return found;
      other.fill(0, 0, 10);
      other[10] = 0xff;
      other[11] = 0xff;
      for (let i = 0; i < 4; i++) other[12 + i] = address[i] as number;
      return this.findInet6(other);
    }
    const found = this.findInet6(address);
    if (found !== 0) return found;
    const from = inet4Within(address);
    if (from < 0) return 0;
    for (let i = 0; i < 4; i++) other[i] = address[from + i] as number;
    return this.findInet4(other, 0);
  }

  private findInet4(address: Uint8Array, at: number): number {
    const { lengths } = this.view;
    const word = wordAt(address, at);
    for (let i = this.view.lengthCount - 1; i >= 0; i--) {
      const bits = lengths[i] as number;
      if (bits >= INET6) continue;
      const found = this.findWords(masked(word, bits), 0, 0, 0, bits);
      if (found !== 0) return found;
    }
    return this.view.hasSpecials ? this.findHoled(address, 4) : 0;
  }

  private findInet6(address: Uint8Array): number {
    const { lengths } = this.view;
    for (let i = this.view.lengthCount - 1; i >= 0; i--) {
      const length = lengths[i] as number;
      const bits = length - INET6;
      if (bits < 0) break;
      const found = this.findWords(
        masked(wordAt(address, 0), bits),
        masked(wordAt(address, 4), bits - 32),
        masked(wordAt(address, 8), bits - 64),
        masked(wordAt(address, 12), bits - 96),
        length,
      );
      if (found !== 0) return found;
    }
    return this.view.hasSpecials ? this.findHoled(address, 16) : 0;
  }

  private findWords(w0: number, w1: number, w2: number, w3: number, length: number): number {
    const { view } = this;
    const { words } = view;
    const hash = hashWords(w0, w1, w2, w3, length, view.base);
    let left = view.most;
    let node = words[view.slots + (spread(hash) & view.mask)] as number;
    for (; node > 0 && left >= 0; left--, node = words[node + NODE_NEXT] as number) {
      if (words[node + NODE_HASH] !== hash || words[node + NODE_TRIM] !== length) continue;
      if (words[node + NODE_W0] !== w0 || words[node + NODE_W0 + 1] !== w1) continue;
      if (words[node + NODE_W0 + 2] !== w2 || words[node + NODE_W0 + 3] !== w3) continue;
      const entry = words[node + NODE_ENTRY] as number;
      if (words[entry + ENTRY_GENERATION] === view.generation) return entry;
    }
    return 0;
  }

  private findHoled(address: Uint8Array, size: number): number {
    const { holed } = this;
    for (let i = 0; i < holed.length; i++) {
      const each = holed[i];
      if (each !== undefined && each.network.size === size && each.network.holds(address)) return each.entry;
    }
    return 0;
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
  check: refusal,
  isPlain: (u8, start, end) => read.setPlain(u8, start, end),
  lookup: (reference) => {
    const view = new IndexView(reference, KIND_IP);
    return new PatternLookup(view, new Networks(view));
  },
});
