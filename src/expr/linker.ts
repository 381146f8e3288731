/**
 * What the linking of expressions, conditions and rules may use: the configuration, the shared memory, and the objects
 * of this thread. One per data thread, and one for checks on the main thread.
 */
import type { Configuration } from '../config/model.ts';
import type { SharedState } from '../state/shared-state.ts';

export interface Linker {
  readonly configuration: Configuration;
  readonly shared: SharedState;
  /** Index in configuration.proxies by name and side, or -1. */
  frontendIndex(name: string): number;
  backendIndex(name: string): number;
}
