/**
 * The operational state of a server, as `show servers state` numbers it, and the bits of SRV_STATE that follow from it
 * and from the administrative state. Pure. Specification: management manual 9.3 `show servers state`.
 */
import {
  ADMIN_DRAIN,
  ADMIN_FORCED_MAINT,
  ADMIN_INHERITED_MAINT,
  ADMIN_MAINT,
  ADMIN_RESOLUTION_MAINT,
  SERVER_CHECKED,
  SERVER_DRAIN,
  SERVER_MAINT,
  SERVER_NO_ADDRESS,
  SERVER_STARTING,
  SERVER_STOPPING,
  SERVER_TRACKING,
  SERVER_UP,
  SERVER_WARMING,
} from './shared-state.ts';

export const OP_STOPPED = 0;
/** Up, in its slow start. */
export const OP_STARTING = 1;
export const OP_RUNNING = 2;
/** Up, without new sessions but those of persistence. */
export const OP_STOPPING = 3;

/** Bits that do not follow from the two states. */
const LASTING = SERVER_CHECKED | SERVER_TRACKING | SERVER_WARMING;

export function operationalState(state: number): number {
  if ((state & SERVER_UP) === 0) return OP_STOPPED;
  if ((state & SERVER_STOPPING) !== 0) return OP_STOPPING;
  return (state & SERVER_STARTING) !== 0 ? OP_STARTING : OP_RUNNING;
}

/** SRV_STATE for these two states, with what it keeps of `before`. */
export function stateBits(before: number, op: number, admin: number): number {
  let bits = before & LASTING;
  if (op !== OP_STOPPED) bits |= SERVER_UP;
  if (op === OP_STARTING) bits |= SERVER_STARTING;
  if (op === OP_STOPPING) bits |= SERVER_STOPPING;
  if ((admin & (ADMIN_FORCED_MAINT | ADMIN_INHERITED_MAINT)) !== 0) bits |= SERVER_MAINT;
  if ((admin & ADMIN_RESOLUTION_MAINT) !== 0) bits |= SERVER_NO_ADDRESS;
  if ((admin & ADMIN_MAINT) === 0 && (admin & ADMIN_DRAIN) !== 0) bits |= SERVER_DRAIN;
  return bits;
}
