/**
 * The lines that tell of a server whose state changes, word for word as HAProxy 2.6 writes them.
 */
import { OP_STOPPED, OP_STOPPING } from '../../state/operational-state.ts';

export interface ServerName {
  readonly backend: string;
  readonly server: string;
  readonly isBackup: boolean;
}

/** What the change leaves of the backend, and what becomes of those that wait. */
export interface FarmCounts {
  readonly active: number;
  readonly backup: number;
  /** Streams on the server. */
  readonly sessions: number;
  /** Requests that leave the server's queue for the backend's; of a server that comes up, those that come to it. */
  readonly requeued: number;
  /** Requests that still wait for this server. */
  readonly queued: number;
}

function named({ backend, server, isBackup }: ServerName): string {
  return `${isBackup ? 'Backup Server' : 'Server'} ${backend}/${server}`;
}

/** The end of every line that tells of a server lost or won. */
function counted(op: number, { active, backup, sessions, requeued, queued }: FarmCounts): string {
  const onBackup = active === 0 && backup > 0 ? ' Running on backup.' : '';
  const servers = `${active} active and ${backup} backup servers`;
  return op === OP_STOPPED
    ? `${servers} left.${onBackup} ${sessions} sessions active, ${requeued} requeued, ${queued} remaining in queue.`
    : `${servers} online.${onBackup} ${requeued} sessions requeued, ${queued} total in queue.`;
}

/** Down, up or stopping. `cause` begins with its own separator: `, reason: …`, ` via b/s`; '' where there is none. */
export function operational(name: ServerName, op: number, cause: string, counts: FarmCounts): string {
  const word = op === OP_STOPPED ? 'DOWN' : op === OP_STOPPING ? 'stopping' : 'UP';
  return `${named(name)} is ${word}${cause}. ${counted(op, counts)}`;
}

export function entersMaintenance(name: ServerName, cause: string, counts: FarmCounts): string {
  return `${named(name)} is going DOWN for maintenance${cause}. ${counted(OP_STOPPED, counts)}`;
}

export function entersMaintenanceFromDown(name: ServerName, cause: string): string {
  return `${named(name)} was DOWN and now enters maintenance${cause}.`;
}

export function leavesMaintenance(name: ServerName, op: number, drained: boolean, forced: boolean): string {
  const state = `${op === OP_STOPPED ? 'DOWN' : 'UP'}/${drained ? 'DRAIN' : 'READY'}`;
  return `${named(name)} is ${state} (leaving ${forced ? 'forced ' : ''}maintenance).`;
}

export function remainsInMaintenance(name: ServerName, tracked: string | undefined): string {
  if (tracked === undefined) return `${named(name)} remains in forced maintenance.`;
  return `${named(name)} is leaving forced maintenance but remains in maintenance via ${tracked}.`;
}

export function entersDrain(name: ServerName, op: number, cause: string, counts: FarmCounts): string {
  return `${named(name)} enters drain state${cause}. ${counted(op, counts)}`;
}

export function leavesDrain(name: ServerName, op: number): string {
  return `${named(name)} is ${op === OP_STOPPED ? 'DOWN' : 'UP'} (leaving forced drain).`;
}

export function remainsInDrain(name: ServerName, tracked: string | undefined): string {
  if (tracked === undefined) return `${named(name)} remains in forced drain mode.`;
  return `${named(name)} is leaving forced drain but remains in drain mode via ${tracked}.`;
}

/** On standard error the backend's name is quoted, in the logs it is not. */
export function noServerLeft(backend: string, listen: boolean, quoted: boolean): string {
  return `${listen ? 'proxy' : 'backend'} ${quoted ? `'${backend}'` : backend} has no server available!`;
}
