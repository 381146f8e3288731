/**
 * What the linking of expressions, conditions and rules may use: the configuration, the shared memory, and the objects
 * of this thread. One per data thread, and one for checks on the main thread.
 */
import type { Configuration } from '../config/model.ts';
import type { SharedState } from '../state/shared-state.ts';
import type { PatternStore } from './patterns/pattern-store.ts';

export interface Linker {
  readonly configuration: Configuration;
  readonly shared: SharedState;
  /** Lists of patterns and maps, the same for all threads. */
  readonly patterns: PatternStore;
  /** Index in configuration.proxies by name and side, or -1. */
  frontendIndex(name: string): number;
  backendIndex(name: string): number;
  /** Tells the operator what traffic has shown, on standard error and in the logs. */
  warn(text: string): void;
  /** Some expression wants the request line as it was received, also where no log does. */
  keepRequestLine(): void;
}
