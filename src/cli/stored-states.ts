/**
 * States of servers from state files, on their way from the configuration to the shared memory. What carries it out is
 * loaded only where a configuration asks for it.
 */

import { readsStateFiles } from '../config/keywords/server-state-files.ts';
import type { Configuration, ServerConfig } from '../config/model.ts';
import type { OperatorMessages } from '../control/operator-messages.ts';
import type { SharedState } from '../state/shared-state.ts';

export interface StoredStates {
  /** Behind `config : `. */
  readonly warnings: readonly string[];
  readonly lastAddress: (server: ServerConfig) => string | undefined;
  /** Puts them into shared memory; what is said about it goes to `messages`. Returns whether anything was. */
  restore(shared: SharedState, messages: OperatorMessages): boolean;
}

const NOTHING: StoredStates = { warnings: [], lastAddress: () => undefined, restore: () => false };

/** Reads the files. */
export async function readStoredStates(configuration: Configuration): Promise<StoredStates> {
  if (!readsStateFiles(configuration)) return NOTHING;
  const { lastAddress, loadServerStates } = await import('../features/checks/state-file-loading.ts');
  const warnings = loadServerStates(configuration);
  return { ...(await storedStates(configuration)), warnings, lastAddress };
}

/** Of a configuration for which the files have been read, be it by another process. */
export async function storedStates(configuration: Configuration): Promise<StoredStates> {
  if (!readsStateFiles(configuration)) return NOTHING;
  const { restoreStates } = await import('../features/checks/restore-states.ts');
  return {
    ...NOTHING,
    restore: (shared, messages) => {
      let spoken = false;
      restoreStates(configuration, shared, (severity, message) => {
        spoken = true;
        messages.say(severity, `config : ${message}`);
      });
      return spoken;
    },
  };
}
