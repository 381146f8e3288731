// Inputs for converters, the same on every run.

export class Source {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /** From 0 to `limit - 1`. */
  below(limit: number): number {
    // xorshift32
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state % limit;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** Text of so many pieces. */
  pieces(pieces: readonly string[], most: number): Buffer {
    return Buffer.from(
      Array.from({ length: this.below(most + 1) }, () => this.of(pieces)).join(''),
      'latin1',
    );
  }
}

export function many(count: number, seed: number, make: (source: Source) => Buffer): Buffer[] {
  const source = new Source(seed);
  return Array.from({ length: count }, () => make(source));
}

/** Every single byte, and every byte between two letters. */
export const everyByte: readonly Buffer[] = Array.from({ length: 256 }, (_, c) => [
  Buffer.from([c]),
  Buffer.from([0x61, c, 0x62]),
]).flat();

const EDGES = [
  '0',
  '1',
  '-1',
  '2',
  '7',
  '-7',
  '10',
  '255',
  '256',
  '65535',
  '65536',
  '2147483647',
  '2147483648',
  '-2147483648',
  '-2147483649',
  '4294967295',
  '4294967296',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '-9007199254740991',
  '-9007199254740993',
  '4611686018427387904',
  '9223372036854775806',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775807',
  '-9223372036854775808',
  '-9223372036854775809',
  '18446744073709551615',
  '99999999999999999999999999',
  '1700000000',
  '1700000000123',
  '1700000000123456',
];

/** Numbers of all sizes as text, and what is nearly one. */
export const numbers: readonly Buffer[] = [
  ...EDGES.map((text) => Buffer.from(text)),
  ...[
    '',
    '-',
    '+',
    '+5',
    '--5',
    ' 5',
    '5 ',
    '0x10',
    '1e3',
    '5abc',
    'abc',
    '-0',
    '007',
    '1.9',
    '\t5',
    '5\n',
  ].map((text) => Buffer.from(text)),
  ...many(600, 11, (source) => {
    const digits = 1 + source.below(20);
    const text = Array.from({ length: digits }, () => source.below(10)).join('');
    return Buffer.from(source.below(2) === 0 ? text : `-${text}`);
  }),
];

/** Bytes of all lengths up to `longest`. */
export function binaries(count: number, longest: number, seed: number): Buffer[] {
  return many(count, seed, (source) => source.bytes(source.below(longest + 1)));
}
