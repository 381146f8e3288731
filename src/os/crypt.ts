/**
 * Checks passwords against crypt(3) hashes, by the system's libcrypt. Loaded on first use: configurations without hashed
 * passwords do not need it.
 */
import koffi from 'koffi';

type Crypt = (password: string, setting: string) => string | null;
let loaded: Crypt | null | undefined;

function load(): Crypt | null {
  try {
    return koffi.load('libcrypt.so.1').func('char *crypt(const char *key, const char *setting)') as Crypt;
  } catch {
    return null;
  }
}

/** Whether the system has the library. */
export function canCrypt(): boolean {
  loaded ??= load();
  return loaded !== null;
}

/** Whether the password has this hash. The library decides what kinds of hashes there are. */
export function passwordMatches(password: string, hash: string): boolean {
  if (!canCrypt()) return false;
  return loaded?.(password, hash) === hash;
}
