/** The 64-bit variant of XXH3. Written for clearness, with big integers. Specification: xxHash's, XXH3. */
import { avalanche64, P1, P2, P3 } from './xxh64.ts';

const MASK = (1n << 64n) - 1n;
const PRIME32_1 = 0x9e3779b1n;
const PRIME32_2 = 0x85ebca77n;
const PRIME32_3 = 0xc2b2ae3dn;
const P4 = 9650029242287828579n;
const P5 = 2870177450012600261n;
const MIX_1 = 0x165667919e3779f9n;
const MIX_2 = 0x9fb21c651e98df25n;

const SECRET = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221' +
    'b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8' +
    'fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb17' +
    '0ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  'hex',
);
const STRIPE_BYTES = 64;
const SECRET_STEP = 8;
const LAST_SECRET_AT = 7;
const MERGE_SECRET_AT = 11;
/** Bytes of the secret that inputs of 129 to 240 bytes never look behind. */
const SHORT_SECRET_BYTES = 136;

function fold(a: bigint, b: bigint): bigint {
  const product = a * b;
  return (product & MASK) ^ (product >> 64n);
}

function avalanche3(hash: bigint): bigint {
  const mixed = ((hash ^ (hash >> 37n)) * MIX_1) & MASK;
  return mixed ^ (mixed >> 32n);
}

function swap64(x: bigint): bigint {
  let swapped = 0n;
  for (let i = 0n; i < 8n; i++) swapped = (swapped << 8n) | ((x >> (8n * i)) & 0xffn);
  return swapped;
}

function rotate(x: bigint, bits: bigint): bigint {
  return ((x << bits) | (x >> (64n - bits))) & MASK;
}

class Input {
  readonly length: number;
  private readonly view: DataView;

  constructor(u8: Uint8Array, start: number, end: number) {
    this.length = end - start;
    this.view = new DataView(u8.buffer, u8.byteOffset + start, end - start);
  }

  at8(at: number): bigint {
    return BigInt(this.view.getUint8(at));
  }

  at32(at: number): bigint {
    return BigInt(this.view.getUint32(at, true));
  }

  at64(at: number): bigint {
    return this.view.getBigUint64(at, true);
  }
}

function secret64(at: number): bigint {
  return SECRET.readBigUInt64LE(at);
}

function secret32(at: number): bigint {
  return BigInt(SECRET.readUInt32LE(at));
}

function upTo16(input: Input, seed: bigint): bigint {
  const { length } = input;
  if (length > 8) {
    const low = (secret64(24) ^ secret64(32)) + seed;
    const high = (secret64(40) ^ secret64(48)) - seed;
    const first = input.at64(0) ^ (low & MASK);
    const last = input.at64(length - 8) ^ (high & MASK);
    return avalanche3((BigInt(length) + swap64(first) + last + fold(first, last)) & MASK);
  }
  if (length >= 4) {
    const low = seed & 0xffffffffn;
    const swapped = ((low & 0xffn) << 24n) | ((low & 0xff00n) << 8n) | ((low >> 8n) & 0xff00n) | (low >> 24n);
    const mixed = seed ^ (swapped << 32n);
    const flip = ((secret64(8) ^ secret64(16)) - mixed) & MASK;
    let keyed = (input.at32(length - 4) + (input.at32(0) << 32n)) ^ flip;
    keyed ^= rotate(keyed, 49n) ^ rotate(keyed, 24n);
    keyed = (keyed * MIX_2) & MASK;
    keyed ^= (keyed >> 35n) + BigInt(length);
    keyed = (keyed * MIX_2) & MASK;
    return keyed ^ (keyed >> 28n);
  }
  if (length > 0) {
    const combined =
      (input.at8(0) << 16n) |
      (input.at8(length >> 1) << 24n) |
      input.at8(length - 1) |
      (BigInt(length) << 8n);
    return avalanche64((combined ^ ((secret32(0) ^ secret32(4)) + seed)) & MASK);
  }
  return avalanche64(seed ^ secret64(56) ^ secret64(64));
}

function mix16(input: Input, at: number, secretAt: number, seed: bigint): bigint {
  return fold(
    input.at64(at) ^ ((secret64(secretAt) + seed) & MASK),
    input.at64(at + 8) ^ ((secret64(secretAt + 8) - seed) & MASK),
  );
}

function upTo240(input: Input, seed: bigint): bigint {
  const { length } = input;
  let sum = (BigInt(length) * P1) & MASK;
  if (length <= 128) {
    for (let pair = (length - 1) >> 5; pair >= 0; pair--) {
      sum += mix16(input, 16 * pair, 32 * pair, seed);
      sum += mix16(input, length - 16 * (pair + 1), 32 * pair + 16, seed);
    }
    return avalanche3(sum & MASK);
  }
  const rounds = length >> 4;
  for (let i = 0; i < 8; i++) sum += mix16(input, 16 * i, 16 * i, seed);
  sum = avalanche3(sum & MASK);
  for (let i = 8; i < rounds; i++) sum += mix16(input, 16 * i, 16 * (i - 8) + 3, seed);
  sum += mix16(input, length - 16, SHORT_SECRET_BYTES - 17, seed);
  return avalanche3(sum & MASK);
}

/** The secret with the seed in it. */
function seeded(seed: bigint): Buffer {
  if (seed === 0n) return SECRET;
  const secret = Buffer.alloc(SECRET.length);
  for (let at = 0; at < SECRET.length; at += 16) {
    secret.writeBigUInt64LE((secret64(at) + seed) & MASK, at);
    secret.writeBigUInt64LE((secret64(at + 8) - seed) & MASK, at + 8);
  }
  return secret;
}

function accumulate(lanes: bigint[], input: Input, at: number, secret: Buffer, secretAt: number): void {
  for (let i = 0; i < 8; i++) {
    const value = input.at64(at + 8 * i);
    const keyed = value ^ secret.readBigUInt64LE(secretAt + 8 * i);
    lanes[i ^ 1] = (lanes[i ^ 1]! + value) & MASK;
    lanes[i] = (lanes[i]! + (keyed & 0xffffffffn) * (keyed >> 32n)) & MASK;
  }
}

function long(input: Input, seed: bigint): bigint {
  const { length } = input;
  const secret = seeded(seed);
  const lanes = [PRIME32_3, P1, P2, P3, P4, PRIME32_2, P5, PRIME32_1];
  const stripesPerBlock = (SECRET.length - STRIPE_BYTES) / SECRET_STEP;
  const stripes = Math.floor((length - 1) / STRIPE_BYTES);
  for (let stripe = 0; stripe < stripes; stripe++) {
    const inBlock = stripe % stripesPerBlock;
    accumulate(lanes, input, stripe * STRIPE_BYTES, secret, inBlock * SECRET_STEP);
    if (inBlock !== stripesPerBlock - 1) continue;
    for (let i = 0; i < 8; i++) {
      const key = secret.readBigUInt64LE(SECRET.length - STRIPE_BYTES + 8 * i);
      lanes[i] = ((lanes[i]! ^ (lanes[i]! >> 47n) ^ key) * PRIME32_1) & MASK;
    }
  }
  accumulate(lanes, input, length - STRIPE_BYTES, secret, SECRET.length - STRIPE_BYTES - LAST_SECRET_AT);
  let hash = (BigInt(length) * P1) & MASK;
  for (let i = 0; i < 8; i += 2) {
    const at = MERGE_SECRET_AT + 8 * i;
    hash += fold(lanes[i]! ^ secret.readBigUInt64LE(at), lanes[i + 1]! ^ secret.readBigUInt64LE(at + 8));
  }
  return avalanche3(hash & MASK);
}

/** `seed`: 64 bits without a sign, and so is the result. */
export function xxh3(u8: Uint8Array, start: number, end: number, seed: bigint): bigint {
  const input = new Input(u8, start, end);
  if (input.length <= 16) return upTo16(input, seed);
  return input.length <= 240 ? upTo240(input, seed) : long(input, seed);
}
