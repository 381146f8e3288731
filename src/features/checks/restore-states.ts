/**
 * Gives servers the states that a state file has kept for them, before any of them is checked. What the configuration
 * has changed meanwhile goes before the file. Specification: configuration manual 4.2 `load-server-state-from-file`;
 * which state wins, and what is said, as HAProxy 2.6 does it.
 */
import type { Configuration } from '../../config/model.ts';
import { OP_STARTING, OP_STOPPED, OP_STOPPING } from '../../state/operational-state.ts';
import {
  ADMIN_CONFIG_MAINT,
  ADMIN_FORCED_DRAIN,
  ADMIN_FORCED_MAINT,
  ADMIN_MAINT,
  type SharedState,
} from '../../state/shared-state.ts';
import { ServerStates } from './server-state.ts';
import { serverPlaces } from './server-words.ts';
import type { StoredState } from './state-file.ts';
import { readStored } from './state-file-loading.ts';
import type { StateVoice } from './state-voice.ts';

const CAUSE = ', changed from server-state after a reload';

export function restoreStates(
  configuration: Configuration,
  shared: SharedState,
  notify: StateVoice['notify'],
): void {
  const states = new ServerStates(configuration, shared, {
    notify,
    // Nobody is sent logs before the process serves.
    log: () => undefined,
    serversChanged: () => undefined,
  });
  for (const { server, config } of serverPlaces(configuration)) {
    const stored = readStored(config);
    if (stored !== undefined) restore(states, server, config.disabled, config.slowstartS, stored);
  }
  states.stop();
}

function restore(
  states: ServerStates,
  server: number,
  isDisabled: boolean,
  slowstartS: number,
  stored: StoredState,
): void {
  const { operational, administrative, sinceChangeS } = stored;
  const wasForced = (administrative & ADMIN_FORCED_MAINT) !== 0;
  const byConfiguration = (administrative & ADMIN_CONFIG_MAINT) !== 0;
  if (isDisabled && byConfiguration && !wasForced) states.removeAdministrative(server, ADMIN_FORCED_MAINT);
  const inMaintenance = (states.administrative(server) & ADMIN_MAINT) !== 0;
  if (!inMaintenance) {
    if (operational === OP_STOPPED) states.setDown(server, CAUSE);
    else if (operational === OP_STOPPING) states.setStopping(server, CAUSE);
    else if (operational === OP_STARTING && sinceChangeS < slowstartS) states.resumeSlowStart(server);
  }
  states.quietly(() => {
    states.setWeight(server, stored.weight);
    if (wasForced && !byConfiguration) states.addAdministrative(server, ADMIN_FORCED_MAINT);
    if ((administrative & ADMIN_FORCED_DRAIN) !== 0) states.addAdministrative(server, ADMIN_FORCED_DRAIN);
  });
  if ((states.administrative(server) & ADMIN_MAINT) === 0) states.tellOfDrain(server);
  states.setRestored(server, stored.health, sinceChangeS);
}
