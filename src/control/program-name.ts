/** The name that the program was started by: a link named `haproxy` makes it `haproxy`. */
import { basename } from 'node:path';

export function programName(script: string | undefined): string {
  return basename(script ?? 'sluice').replace(/\.[jt]s$/, '');
}
