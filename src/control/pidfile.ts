/**
 * The pid file: one line with the number of the server process, made before the process gives up its privileges and
 * left behind at the end, as HAProxy leaves it. Written only where the process goes to the background.
 * Specification: configuration manual 3.1 `pidfile`; management manual 3 `-p`.
 */
import { rmSync, writeFileSync } from 'node:fs';

/** False where the file cannot be made. */
export function writePidfile(path: string, pid: number): boolean {
  try {
    // A new file, so that a link or another owner's file of that name is not written through.
    rmSync(path, { force: true });
    writeFileSync(path, `${pid}\n`, { mode: 0o644 });
    return true;
  } catch {
    return false;
  }
}
