/**
 * The file that `show servers state` writes: its lines, and what each says of a server. Pure.
 * Specification: management manual 9.3 `show servers state`, version 1; what is wrong with a line, in the words and in
 * the order of HAProxy 2.6.
 */
import { OP_STARTING } from '../../state/operational-state.ts';

const VERSION = '1';
/** Fields that a line must have; the last ones of the format may be missing. */
const LEAST_FIELDS = 20;
const MOST_WEIGHT = 256;
const MOST_OPERATIONAL = 3;
/** All bits of ADMIN_…. */
const ADMIN_BITS = 0x7f;
const MOST_CHECK_STATUS = 0xff;
const MOST_CHECK_RESULT = 4;
/** Bits of a check's state, and with that of an agent. */
const CHECK_BITS = 0x0f;
const AGENT_BITS = 0x1f;
const MOST_PORT = 65535;
const NONE = '-';

export interface StateLine {
  readonly backend: string;
  readonly server: string;
  readonly fields: readonly string[];
}

export type StateFileText =
  | { readonly ok: true; readonly lines: readonly StateLine[] }
  /** `line` counts those behind the version; undefined: the version itself is wrong. */
  | { readonly ok: false; readonly line: number | undefined };

export interface StoredState {
  readonly operational: number;
  readonly administrative: number;
  readonly weight: number;
  /** The weight that the configuration gave it then. */
  readonly initialWeight: number;
  readonly sinceChangeS: number;
  readonly health: number;
  readonly address: string | undefined;
  readonly port: number;
  readonly checkAddress: string | undefined;
  /** 0: none. */
  readonly checkPort: number;
  readonly hasAgent: boolean;
}

/** A file with one bad line is not believed at all. */
export function parseStateFile(text: string): StateFileText {
  const rows = text.split('\n');
  // What stands behind the last line feed is no line.
  const rest = rows.pop();
  if (rows[0] !== VERSION) return { ok: false, line: undefined };
  const lines: StateLine[] = [];
  for (const [at, row] of rows.slice(1).entries()) {
    if (row === '' || row.startsWith('#')) continue;
    const fields = row.split(' ').filter((field) => field !== '');
    const [, backend, , server] = fields;
    if (fields.length < LEAST_FIELDS || backend === undefined || server === undefined) {
      return { ok: false, line: at + 1 };
    }
    lines.push({ backend, server, fields });
  }
  return rest === '' ? { ok: true, lines } : { ok: false, line: rows.length };
}

/** What a line says, or what is wrong with it: the texts behind one another, separated by commas. */
export function readStateLine({
  fields,
}: StateLine): { readonly state: StoredState } | { readonly faults: string } {
  const faults: string[] = [];
  const number = (at: number, name: string, most: number): number => {
    const text = fields[at] ?? '';
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= 0 && value <= most) return value;
    faults.push(`invalid ${name} value '${text}'`);
    return 0;
  };
  const operational = number(5, 'srv_op_state', MOST_OPERATIONAL);
  const administrative = number(6, 'srv_admin_state', ADMIN_BITS);
  const weight = number(7, 'srv_uweight', MOST_WEIGHT);
  const initialWeight = number(8, 'srv_iweight', MOST_WEIGHT);
  const sinceChangeS = number(9, 'srv_last_time_change', Number.MAX_SAFE_INTEGER);
  number(10, 'srv_check_status', MOST_CHECK_STATUS);
  number(11, 'srv_check_result', MOST_CHECK_RESULT);
  const health = number(12, 'srv_check_health', Number.MAX_SAFE_INTEGER);
  number(13, 'srv_check_state', CHECK_BITS);
  number(14, 'srv_agent_state', AGENT_BITS);
  if (faults.length > 0) return { faults: faults.join(', ') };
  const port = number(18, 'srv_port', MOST_PORT);
  if (faults.length > 0) return { faults: faults.join(', ') };
  const written = (at: number): string | undefined => (fields[at] === NONE ? undefined : fields[at]);
  return {
    state: {
      operational,
      administrative,
      weight,
      initialWeight,
      sinceChangeS,
      health,
      address: written(4),
      port,
      checkAddress: written(22),
      checkPort: Number(fields[21] ?? 0) || 0,
      hasAgent: written(23) !== undefined || (Number(fields[24] ?? 0) || 0) !== 0,
    },
  };
}

/** Whether a server with such a state is up and may take new sessions. */
export function isUp({ operational }: StoredState): boolean {
  return operational >= OP_STARTING;
}
