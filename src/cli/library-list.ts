/** `-dL`: the files of code that are mapped into the process, with the program itself first. */
import { readFileSync } from 'node:fs';

export function libraryList(): string {
  const files = new Set<string>([process.execPath]);
  for (const line of readFileSync('/proc/self/maps', 'latin1').split('\n')) {
    const path = /^\S+ r-x\S* \S+ \S+ \S+\s+(\/.*)$/.exec(line)?.[1];
    if (path !== undefined) files.add(path);
  }
  return `List of loaded object files:\n${[...files].join('\n')}\n`;
}
