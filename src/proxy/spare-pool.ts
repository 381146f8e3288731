/**
 * Objects of one class that are used again. Bounded, so that a burst of connections does not keep its memory for ever.
 */
const MOST_SPARES = 512;

export class SparePool<T> {
  private readonly spares: T[] = [];

  /** A used object, or undefined: then the caller makes a new one. */
  take(): T | undefined {
    return this.spares.pop();
  }

  /** The object must not be referred to by anything that still runs. */
  give(object: T): void {
    if (this.spares.length < MOST_SPARES) this.spares.push(object);
  }
}
