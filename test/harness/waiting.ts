// Waiting for an event with a deadline. Every wait of the tests goes through here, so that a test that hangs says
// what it waited for instead of running into the runner's own limit. Nothing here sleeps to "give time".

/** Upper bound of a single wait, unless the caller gives another: generous, because it is only reached by failures. */
export const DEFAULT_DEADLINE_MS = 8000;

/** Probes are repeated at this pace where the kernel offers no event to wait for (a row of /proc, say). */
const POLL_INTERVAL_MS = 2;

export class DeadlineError extends Error {
  constructor(what: string, deadlineMs: number) {
    super(`nothing after ${deadlineMs} ms: waited for ${what}`);
    this.name = 'DeadlineError';
  }
}

/** A state that changes: whoever waits looks at it again each time `notify` is called. */
export class Condition {
  readonly #waiters = new Set<() => void>();

  notify(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  /** Resolves with the first value other than undefined that `probe` returns; what `probe` throws rejects. */
  until<T>(
    probe: () => T | undefined,
    what: string | (() => string),
    deadlineMs = DEFAULT_DEADLINE_MS,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiters.delete(look);
        settle();
      };
      const look = (): void => {
        let value: T | undefined;
        try {
          value = probe();
        } catch (error) {
          finish(() => reject(error));
          return;
        }
        if (value !== undefined) {
          const found = value;
          finish(() => resolve(found));
        }
      };
      const timer = setTimeout(() => {
        const text = typeof what === 'string' ? what : what();
        finish(() => reject(new DeadlineError(text, deadlineMs)));
      }, deadlineMs);
      this.#waiters.add(look);
      look();
    });
  }
}

/** Repeats `probe` until it gives a value: for the states of the kernel, which nothing announces. */
export async function poll<T>(
  probe: () => T | undefined | Promise<T | undefined>,
  what: string | (() => string),
  deadlineMs = DEFAULT_DEADLINE_MS,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() > end)
      throw new DeadlineError(typeof what === 'string' ? what : what(), deadlineMs);
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
}

/** The promise's own result, or a DeadlineError that names what was waited for. */
export async function within<T>(
  promise: Promise<T>,
  what: string,
  deadlineMs = DEFAULT_DEADLINE_MS,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(what, deadlineMs)), deadlineMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
