/**
 * What can be done to servers from the statistics page, and what a form asks for. Pure.
 * Specification: configuration manual 4.2 `stats admin`; the parameters and what becomes of wrong ones as in HAProxy 2.6.
 */
import type { Configuration } from '../../config/model.ts';

/** By the value that the form sends, in the order of the form. */
export const ACTION_NAMES = {
  ready: 'Set state to READY',
  drain: 'Set state to DRAIN',
  maint: 'Set state to MAINT',
  dhlth: 'Health: disable checks',
  ehlth: 'Health: enable checks',
  hrunn: 'Health: force UP',
  hnolb: 'Health: force NOLB',
  hdown: 'Health: force DOWN',
  dagent: 'Agent: disable checks',
  eagent: 'Agent: enable checks',
  arunn: 'Agent: force UP',
  adown: 'Agent: force DOWN',
  shutdown: 'Kill Sessions',
} as const;

export type ServerAction = keyof typeof ACTION_NAMES;

/** Done, nothing to do, done in part, wrong parameters, denied, too long a request, something else. */
const OUTCOMES = ['DONE', 'NONE', 'PART', 'ERRP', 'DENY', 'EXCD', 'UNKN'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export function isOutcome(value: unknown): value is Outcome {
  return OUTCOMES.some((outcome) => outcome === value);
}

/** What is to be done to which servers. */
export interface ServerActionOrder {
  readonly action: ServerAction;
  /** Index of the proxy. */
  readonly proxy: number;
  /** Positions in the proxy's list. */
  readonly servers: readonly number[];
  /** Some of the names that were given are those of no server, or of several. */
  readonly partial: boolean;
}

/** A parameter that is longer than any name can be. */
const PARAMETER_MOST_BYTES = 2048;

/** Reads the body of a form. The outcome where nothing is to be done. `body` is latin1. */
export function readOrder(body: string, configuration: Configuration): ServerActionOrder | Outcome {
  let action: ServerAction | undefined;
  let proxy = -1;
  const names: string[] = [];
  // From the end, as HAProxy reads them: of two actions or backends the last one counts.
  for (const parameter of body.split('&').reverse()) {
    if (parameter === '') continue;
    if (parameter.length > PARAMETER_MOST_BYTES) return 'ERRP';
    const at = parameter.indexOf('=');
    if (at < 1) return 'ERRP';
    const key = decode(parameter.slice(0, at));
    const value = decode(parameter.slice(at + 1));
    if (key === undefined || value === undefined) return 'NONE';
    if (key === 'action' && action === undefined) {
      action = actionOf(value);
      if (action === undefined) return 'ERRP';
    } else if (key === 'b' && proxy < 0) {
      proxy = backendOf(value, configuration);
      if (proxy < 0) return 'ERRP';
    } else if (key === 's') names.push(value);
  }
  if (action === undefined || proxy < 0 || names.length === 0) return 'NONE';
  const { servers, unknown } = serversOf(names.reverse(), proxy, configuration);
  if (servers.length === 0) return 'ERRP';
  return { action, proxy, servers, partial: unknown };
}

/** Of `application/x-www-form-urlencoded`; undefined where an escape is none. */
function decode(text: string): string | undefined {
  const plain = text.replaceAll('+', ' ');
  if (/%(?![0-9a-f]{2})/i.test(plain)) return undefined;
  return plain.replace(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function actionOf(value: string): ServerAction | undefined {
  // The keys are exactly the actions.
  return Object.hasOwn(ACTION_NAMES, value) ? (value as ServerAction) : undefined;
}

/** By name, or `#` and number. */
function backendOf(value: string, { proxies }: Configuration): number {
  const number = /^#(\d+)$/.exec(value)?.[1];
  return proxies.findIndex(
    ({ kind, name, id, disabled }) =>
      !disabled && kind !== 'frontend' && (number === undefined ? name === value : id === Number(number)),
  );
}

function serversOf(
  names: readonly string[],
  proxy: number,
  { proxies }: Configuration,
): { servers: number[]; unknown: boolean } {
  const places = new Map<string, number[]>();
  for (const [position, { name }] of (proxies[proxy]?.servers ?? []).entries()) {
    const known = places.get(name);
    if (known === undefined) places.set(name, [position]);
    else known.push(position);
  }
  const servers = new Set<number>();
  let unknown = false;
  for (const name of names) {
    const [position, ...others] = places.get(name) ?? [];
    if (position === undefined || others.length > 0) unknown = true;
    else servers.add(position);
  }
  return { servers: [...servers], unknown };
}
