/**
 * A binary heap of server indices in shared memory, with the place of each server, so that one that changes is found
 * at once: every operation costs O(log n), the first server O(1). The order is the subclass's, read from words that
 * lie in the same memory; whoever changes them calls `changed`. Used under the backend's lock only.
 */
export abstract class ServerHeap {
  /** Size, then the servers in heap order, then for each server its place + 1, 0 when it is not in the heap. */
  readonly #memory: Int32Array;
  readonly #places: number;

  /** Words that a heap of so many servers takes. */
  static words(servers: number): number {
    return 1 + 2 * servers;
  }

  constructor(memory: Int32Array, servers: number) {
    this.#memory = memory;
    this.#places = 1 + servers;
  }

  /** Whether server `a` comes before server `b`. */
  protected abstract before(a: number, b: number): boolean;

  get size(): number {
    return this.#memory[0] as number;
  }

  /** The server that comes first; only when the heap is not empty. */
  get first(): number {
    return this.#memory[1] as number;
  }

  has(server: number): boolean {
    return this.#memory[this.#places + server] !== 0;
  }

  clear(): void {
    this.#memory.fill(0);
  }

  add(server: number): void {
    const size = this.size;
    this.#memory[0] = size + 1;
    this.#rise(size, server);
  }

  remove(server: number): void {
    const at = (this.#memory[this.#places + server] as number) - 1;
    if (at < 0) return;
    const last = this.size - 1;
    this.#memory[0] = last;
    this.#memory[this.#places + server] = 0;
    if (at !== last) this.#settle(at, this.#memory[1 + last] as number);
  }

  /** The server's key has changed: finds its new place. */
  changed(server: number): void {
    const at = (this.#memory[this.#places + server] as number) - 1;
    if (at >= 0) this.#settle(at, server);
  }

  #put(at: number, server: number): void {
    this.#memory[1 + at] = server;
    this.#memory[this.#places + server] = at + 1;
  }

  #settle(at: number, server: number): void {
    const parent = (at - 1) >> 1;
    if (at > 0 && this.before(server, this.#memory[1 + parent] as number)) this.#rise(at, server);
    else this.#sink(at, server);
  }

  #rise(at: number, server: number): void {
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#memory[1 + parent] as number;
      if (!this.before(server, above)) break;
      this.#put(at, above);
      at = parent;
    }
    this.#put(at, server);
  }

  #sink(at: number, server: number): void {
    const size = this.size;
    for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
      let below = this.#memory[1 + child] as number;
      if (child + 1 < size) {
        const other = this.#memory[2 + child] as number;
        if (this.before(other, below)) {
          below = other;
          child++;
        }
      }
      if (!this.before(below, server)) break;
      this.#put(at, below);
      at = child;
    }
    this.#put(at, server);
  }
}
