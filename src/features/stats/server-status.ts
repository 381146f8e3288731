/**
 * What statistics call the state of a server, from its bits in shared memory.
 * Specification: management manual 9.1 `status`, wording as HAProxy 2.6.
 */
import {
  ADMIN_FORCED_MAINT,
  ADMIN_INHERITED_MAINT,
  SERVER_CHECKED,
  SERVER_DRAIN,
  SERVER_MAINT,
  SERVER_NO_ADDRESS,
  SERVER_STOPPING,
  SERVER_UP,
} from '../../state/shared-state.ts';
import type { Row } from './fields.ts';

export interface Health {
  readonly state: number;
  /** Bits of ADMIN_…. */
  readonly admin: number;
  /** `proxy/server` of the one that it tracks. */
  readonly tracked: string | undefined;
  /** Whether checks run: those of the server that it tracks in the end, if it does. So with the rest. */
  readonly checked: boolean;
  /** 0 … rise + fall - 1. */
  readonly health: number;
  readonly rise: number;
  readonly fall: number;
  /** The agent's health, undefined without an agent. */
  readonly agent: number | undefined;
}

export function statusText(server: Health): string {
  const { state, admin, health, rise, fall, checked, agent } = server;
  if ((state & (SERVER_MAINT | SERVER_NO_ADDRESS)) !== 0) {
    if ((admin & ADMIN_FORCED_MAINT) !== 0) return 'MAINT';
    if ((admin & ADMIN_INHERITED_MAINT) !== 0) return `MAINT (via ${server.tracked})`;
    return (state & SERVER_NO_ADDRESS) === 0 ? 'MAINT' : 'MAINT (resolution)';
  }
  if ((state & SERVER_UP) === 0) {
    if (agent === 0) return 'DOWN (agent)';
    // With an agent alone HAProxy shows the counter of checks that there are not.
    const counted = checked ? health > 0 : agent !== undefined;
    return counted ? `DOWN ${health}/${rise}` : 'DOWN';
  }
  // On its way down: successes in the bank of those that keep it up.
  const falling = checked && health < rise + fall - 1 ? ` ${health - rise + 1}/${fall}` : '';
  if ((state & SERVER_DRAIN) !== 0) return agent === undefined ? `DRAIN${falling}` : 'DRAIN (agent)';
  if ((state & SERVER_STOPPING) !== 0) return `NOLB${falling}`;
  return checked ? `UP${falling}` : 'no check';
}

/** Takes no traffic at all, be it out of order or kept out of use. */
export function isDown({ state }: Health): boolean {
  return (state & (SERVER_UP | SERVER_MAINT | SERVER_NO_ADDRESS)) !== SERVER_UP;
}

/** Its own checks run. */
export function isChecked({ state }: Health): boolean {
  return (state & SERVER_CHECKED) !== 0;
}

/** The class of the server's line on the page, which gives it its colour. */
export function statusClass({ state, checked, health, rise, fall }: Health, row: Row): string {
  if ((state & (SERVER_MAINT | SERVER_NO_ADDRESS)) !== 0) return 'maintain';
  const kind = row.bck === 1 ? 'backup' : 'active';
  if ((state & SERVER_UP) === 0) return `${kind}_${checked && health > 0 ? 'going_up' : 'down'}`;
  if ((state & SERVER_DRAIN) !== 0) return `${kind}_draining`;
  if ((state & SERVER_STOPPING) !== 0) return `${kind}_nolb`;
  if (!checked) return `${kind}_no_check`;
  if (health < rise + fall - 1) return `${kind}_going_down`;
  return row.weight === 0 ? `${kind}_draining` : `${kind}_up`;
}
