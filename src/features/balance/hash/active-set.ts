/**
 * A set of the numbers below a limit, as a tree of bits 32 wide: adding, removing and finding the neighbour that is in
 * the set take a step for each level, of which there are five for 33 million numbers.
 */
const LEVEL_BITS = 5;

function wordsFor(bits: number): number {
  return (bits + 31) >>> LEVEL_BITS;
}

export class ActiveSet {
  readonly #limit: number;
  /** From the leaves up: each bit of a level tells whether a word of the level below has any. The last is one word. */
  readonly #levels: Uint32Array[] = [];

  constructor(limit: number) {
    this.#limit = limit;
    for (let bits = limit; ; ) {
      const words = wordsFor(Math.max(1, bits));
      this.#levels.push(new Uint32Array(words));
      if (words === 1) break;
      bits = words;
    }
  }

  /** Puts all numbers in. */
  fill(): void {
    let bits = this.#limit;
    for (const level of this.#levels) {
      level.fill(0xffffffff, 0, bits >>> LEVEL_BITS);
      if ((bits & 31) !== 0) level[bits >>> LEVEL_BITS] = (1 << (bits & 31)) - 1;
      bits = wordsFor(bits);
    }
  }

  add(number: number): void {
    for (const level of this.#levels) {
      const word = number >>> LEVEL_BITS;
      const before = level[word] as number;
      level[word] = before | (1 << (number & 31));
      if (before !== 0) return;
      number = word;
    }
  }

  remove(number: number): void {
    for (const level of this.#levels) {
      const word = number >>> LEVEL_BITS;
      const after = (level[word] as number) & ~(1 << (number & 31));
      level[word] = after;
      if (after !== 0) return;
      number = word;
    }
  }

  /** The lowest member that is not below the number, or -1. */
  from(number: number): number {
    if (number >= this.#limit) return -1;
    const levels = this.#levels;
    for (let height = 0; height < levels.length; height++) {
      const level = levels[height] as Uint32Array;
      const word = number >>> LEVEL_BITS;
      if (word >= level.length) return -1;
      const bits = (level[word] as number) & (-1 << (number & 31));
      if (bits !== 0) return this.#descend(height, (word << LEVEL_BITS) | lowestBit(bits), lowestBit);
      number = word + 1;
    }
    return -1;
  }

  /** The highest member that is not above the number, or -1. */
  upTo(number: number): number {
    const levels = this.#levels;
    for (let height = 0; height < levels.length; height++) {
      if (number < 0) return -1;
      const level = levels[height] as Uint32Array;
      const word = number >>> LEVEL_BITS;
      const bits = (level[word] as number) & (0xffffffff >>> (31 - (number & 31)));
      if (bits !== 0) return this.#descend(height, (word << LEVEL_BITS) | highestBit(bits), highestBit);
      number = word - 1;
    }
    return -1;
  }

  #descend(height: number, number: number, choose: (bits: number) => number): number {
    for (let below = height - 1; below >= 0; below--) {
      number = (number << LEVEL_BITS) | choose((this.#levels[below] as Uint32Array)[number] as number);
    }
    return number;
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function highestBit(bits: number): number {
  return 31 - Math.clz32(bits);
}
