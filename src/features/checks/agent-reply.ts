/**
 * What an agent says of its server: one line of words. Pure.
 * Specification: configuration manual 5.2 `agent-check`; texts as HAProxy 2.6 gives them.
 */

export interface AgentReply {
  /** The last word about whether the server works, as it was written. */
  readonly health: { readonly word: string; readonly isUp: boolean } | undefined;
  readonly admin: 'ready' | 'drain' | 'maint' | undefined;
  /** As written: `75%`. */
  readonly weight: string | undefined;
  /** As written, behind the colon. */
  readonly maxconn: string | undefined;
  /** The first word that means nothing. */
  readonly unknown: string | undefined;
  /** What stands behind `#`. */
  readonly description: string;
}

/** Of each kind of words the last one counts, in any order of kinds. */
export function parseAgentReply(line: string): AgentReply {
  const [, words = '', description = ''] = /^(.*?)(?:(?:^|[ \t,])#[ \t]*(.*))?$/s.exec(line) ?? [];
  let health: AgentReply['health'];
  let admin: AgentReply['admin'];
  let weight: string | undefined;
  let maxconn: string | undefined;
  let unknown: string | undefined;
  for (const word of words.split(/[ \t,]+/)) {
    const lower = word.toLowerCase();
    if (word === '') continue;
    if (/^[0-9].*%$/.test(word)) weight = word;
    else if (lower.startsWith('maxconn:')) maxconn = word.slice('maxconn:'.length);
    else if (lower === 'up') health = { word, isUp: true };
    else if (lower === 'down' || lower === 'stopped' || lower === 'fail') health = { word, isUp: false };
    else if (lower === 'ready' || lower === 'drain' || lower === 'maint') admin = lower;
    else unknown ??= word;
  }
  return { health, admin, weight, maxconn, unknown, description };
}

export type Amount =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly fault: string };

const MAX_WEIGHT = 256;

/** The weight that a share of the configured one is. `dynamic`: the algorithm takes any weight at run time. */
export function weightOf(text: string, configured: number, dynamic: boolean): Amount {
  if (!/^[0-9]+%$/.test(text)) return { ok: false, fault: 'Trailing garbage in weight string' };
  const percent = Number.parseInt(text, 10);
  if (!dynamic && percent !== 0 && percent !== 100) {
    return {
      ok: false,
      fault: "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.",
    };
  }
  return { ok: true, value: Math.min(MAX_WEIGHT, Math.floor((configured * percent) / 100)) };
}

export function maxconnOf(text: string): Amount {
  const [, digits, rest] = /^([0-9]+)(.*)$/s.exec(text) ?? [];
  if (digits === undefined) return { ok: false, fault: 'maxconn string empty or preceded by garbage' };
  if (rest !== '') return { ok: false, fault: 'Trailing garbage in maxconn string' };
  return { ok: true, value: Number(digits) };
}
