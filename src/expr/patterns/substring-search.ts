/**
 * Finds which of many strings occur in a text, in one pass over it (Aho and Corasick, 1975). The first of those in the
 * order of the list that occurs is the result.
 */
export class SubstringSearch {
  /** By state and byte: the next state. Sparse: children of the root lie in `root`, others in a map. */
  private readonly root = new Int32Array(256);
  private readonly next = new Map<number, number>();
  private readonly fallback: number[] = [0];
  /** By state: the lowest position of the patterns that end there, or -1. */
  private readonly ends: number[] = [-1];

  constructor(patterns: readonly Uint8Array[], map: Uint8Array) {
    for (const [position, pattern] of patterns.entries()) this.insert(pattern, map, position);
    this.linkFallbacks();
  }

  private insert(pattern: Uint8Array, map: Uint8Array, position: number): void {
    let state = 0;
    for (const byte of pattern) {
      const c = map[byte] as number;
      let child = this.child(state, c);
      if (child === 0) {
        child = this.ends.length;
        this.ends.push(-1);
        this.fallback.push(0);
        if (state === 0) this.root[c] = child;
        else this.next.set(state * 256 + c, child);
      }
      state = child;
    }
    const before = this.ends[state] as number;
    if (before < 0) this.ends[state] = position;
  }

  private child(state: number, c: number): number {
    return state === 0 ? (this.root[c] as number) : (this.next.get(state * 256 + c) ?? 0);
  }

  private linkFallbacks(): void {
    const children: (readonly (readonly [c: number, child: number])[] | undefined)[] = [];
    const lists = new Map<number, [number, number][]>();
    for (const [key, child] of this.next) {
      const state = Math.floor(key / 256);
      const list = lists.get(state) ?? [];
      list.push([key % 256, child]);
      lists.set(state, list);
    }
    for (const [state, list] of lists) children[state] = list;
    const queue: number[] = [];
    for (const child of this.root) if (child !== 0) queue.push(child);
    for (let head = 0; head < queue.length; head++) {
      const state = queue[head] as number;
      for (const [c, child] of children[state] ?? []) {
        this.fallback[child] = this.step(this.fallback[state] as number, c);
        const inherited = this.ends[this.fallback[child] as number] as number;
        const own = this.ends[child] as number;
        if (inherited >= 0 && (own < 0 || inherited < own)) this.ends[child] = inherited;
        queue.push(child);
      }
    }
  }

  private step(from: number, c: number): number {
    let state = from;
    for (;;) {
      const child = this.child(state, c);
      if (child !== 0) return child;
      if (state === 0) return 0;
      state = this.fallback[state] as number;
    }
  }

  find(u8: Uint8Array, start: number, end: number, map: Uint8Array): number {
    // The empty string is everywhere.
    let found = this.ends[0] as number;
    let state = 0;
    for (let at = start; at < end; at++) {
      const c = map[u8[at] as number] as number;
      state = state === 0 ? (this.root[c] as number) : this.step(state, c);
      const here = this.ends[state] as number;
      if (here >= 0 && (found < 0 || here < found)) found = here;
    }
    return found;
  }
}
