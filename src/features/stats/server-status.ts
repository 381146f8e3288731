/**
 * What statistics call the state of a server, from its bits in shared memory.
 * Specification: management manual 9.1 `status`, wording as HAProxy 2.6.
 */
import {
  SERVER_CHECKED,
  SERVER_DRAIN,
  SERVER_MAINT,
  SERVER_NO_ADDRESS,
  SERVER_STOPPING,
  SERVER_TRACKING,
  SERVER_UP,
} from '../../state/shared-state.ts';
import type { Row } from './fields.ts';

export interface Health {
  readonly state: number;
  /** 0 … rise + fall - 1. */
  readonly health: number;
  readonly rise: number;
  readonly fall: number;
  /** The agent's counter: 0 when it says that the server is down; undefined without an agent. */
  readonly agent: number | undefined;
}

export function statusText({ state, health, rise, fall, agent }: Health): string {
  if ((state & SERVER_MAINT) !== 0) return 'MAINT';
  if ((state & SERVER_NO_ADDRESS) !== 0) return 'MAINT (resolution)';
  const top = rise + fall - 1;
  const checked = (state & SERVER_CHECKED) !== 0;
  if ((state & SERVER_UP) === 0) {
    if (agent === 0) return 'DOWN (agent)';
    return health > 0 ? `DOWN ${health}/${rise}` : 'DOWN';
  }
  // On its way down: successes in the bank of those that keep it up.
  const falling = checked && health < top ? ` ${health - rise + 1}/${fall}` : '';
  if ((state & SERVER_DRAIN) !== 0) return agent === undefined ? `DRAIN${falling}` : 'DRAIN (agent)';
  if ((state & SERVER_STOPPING) !== 0) return `NOLB${falling}`;
  return (state & (SERVER_CHECKED | SERVER_TRACKING)) !== 0 ? `UP${falling}` : 'no check';
}

/** Takes no traffic at all, be it out of order or kept out of use. */
export function isDown({ state }: Health): boolean {
  return (state & (SERVER_UP | SERVER_MAINT | SERVER_NO_ADDRESS)) !== SERVER_UP;
}

/** The class of the server's line on the page, which gives it its colour. */
export function statusClass({ state, health, rise, fall }: Health, row: Row): string {
  if ((state & (SERVER_MAINT | SERVER_NO_ADDRESS)) !== 0) return 'maintain';
  const kind = row.bck === 1 ? 'backup' : 'active';
  const checked = (state & SERVER_CHECKED) !== 0;
  if ((state & SERVER_UP) === 0) return `${kind}_${health > 0 ? 'going_up' : 'down'}`;
  if ((state & SERVER_DRAIN) !== 0) return `${kind}_draining`;
  if ((state & SERVER_STOPPING) !== 0) return `${kind}_nolb`;
  if (!checked && (state & SERVER_TRACKING) === 0) return `${kind}_no_check`;
  if (checked && health < rise + fall - 1) return `${kind}_going_down`;
  return row.weight === 0 ? `${kind}_draining` : `${kind}_up`;
}
