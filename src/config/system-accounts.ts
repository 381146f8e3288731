/** Names of users and groups to their numbers, from the system's files. */
import { readFileSync } from 'node:fs';

export interface UserAccount {
  readonly uid: number;
  readonly gid: number;
}

export function findUser(name: string): UserAccount | undefined {
  const fields = findEntry('/etc/passwd', name);
  return fields === undefined ? undefined : { uid: Number(fields[2]), gid: Number(fields[3]) };
}

export function findGroup(name: string): number | undefined {
  const fields = findEntry('/etc/group', name);
  return fields === undefined ? undefined : Number(fields[2]);
}

function findEntry(file: string, name: string): string[] | undefined {
  if (name === '') return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
  for (const line of text.split('\n')) {
    const fields = line.split(':');
    if (fields[0] === name) return fields;
  }
  return undefined;
}
