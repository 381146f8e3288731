// What is observed when a case is played, and the forms in which observations are compared.

import { createHash } from 'node:crypto';
import { completePart, joinChunks } from './server-script.ts';

/** strict: the defaults; lenient: with `option accept-invalid-http-request` and `-response`. */
export type Mode = 'strict' | 'lenient';
export const MODES: readonly Mode[] = ['strict', 'lenient'];

export type After = 'kept' | 'tunnel' | 'closed' | 'open';

export interface Observation {
  /** What the client received before it sent its second request. */
  readonly answer: string;
  /**
   * What became of the client's connection: the second request was answered in the ordinary way, or went through
   * untouched; or the proxy closed it; or none of this had happened when the wait was over.
   */
  readonly after: After;
  /** What each server connection received, in the order in which they were made. */
  readonly server: readonly string[];
  /** `status flags backend/server request` of each log line; the backend is `be`, or `fe` where none was reached. */
  readonly log: readonly string[];
}

/** Longer strings are recorded and compared by their digest. */
const KEPT_CHARACTERS = 700;

/** A string as it is recorded. */
export function digest(text: string): string {
  if (text.length <= KEPT_CHARACTERS) return text;
  const hash = createHash('sha256').update(text, 'latin1').digest('hex').slice(0, 20);
  return `${text.slice(0, 40)}... ${text.length} bytes, sha256 ${hash}`;
}

/** An observation as it is recorded. */
export function condense(observation: Observation): Observation {
  return {
    answer: digest(observation.answer),
    after: observation.after,
    server: observation.server.map(digest),
    log: observation.log.map(digest),
  };
}

/**
 * What must not depend on how the bytes were split on their way: the statuses, what becomes of the connection, and the
 * requests that reach a server whole. (An error in a body that comes late finds the head already sent.)
 */
export interface Essence {
  readonly statuses: string;
  readonly after: After;
  readonly server: readonly string[];
}

export function essence({ answer, after, server }: Observation): Essence {
  return {
    statuses: [...answer.matchAll(/HTTP\/\d\.\d (\d+)/g)].map((match) => match[1]).join(' '),
    after,
    server: server.map((text) => joinChunks(completePart(text))).filter((text) => text !== ''),
  };
}
