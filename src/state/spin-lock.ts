/**
 * A lock over one shared word, for short critical sections (no system call, no allocation worth mentioning inside).
 * The holder is another running thread, so spinning is short; a thread that was descheduled while holding the lock is
 * waited for without burning the processor.
 */
const SPINS_BEFORE_SLEEP = 1000;
const SLEEP_MS = 1;

export function lock(words: Int32Array, index: number): void {
  if (Atomics.compareExchange(words, index, 0, 1) === 0) return;
  let spins = 0;
  while (Atomics.compareExchange(words, index, 0, 1) !== 0) {
    if (++spins < SPINS_BEFORE_SLEEP) continue;
    // Nobody notifies: the bounded sleep is what gives the holder the processor.
    Atomics.wait(words, index, 1, SLEEP_MS);
    spins = 0;
  }
}

export function unlock(words: Int32Array, index: number): void {
  Atomics.store(words, index, 0);
}
