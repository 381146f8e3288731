// Imports that break a rule today and are going to move. The list only shrinks: the check also fails when an entry is no
// longer needed.

export interface ToleratedImport {
  readonly file: string;
  readonly imported: string;
  readonly until: string;
}

function each(files: readonly string[], imported: string, until: string): ToleratedImport[] {
  return files.map((file) => ({ file, imported, until }));
}

const INTO_TRANSPORT = 'what opens and accepts sockets moves into transport/';
const INTO_OS = 'what asks the kernel about the process moves behind functions of os/ that take no addresses';

export const TOLERATED: readonly ToleratedImport[] = [
  ...each(['proxy/listener.ts', 'proxy/server-socket.ts'], 'os/libc.ts', INTO_TRANSPORT),
  ...each(['proxy/listener.ts', 'proxy/server-socket.ts'], 'os/arena.ts', INTO_TRANSPORT),
  ...each(
    ['control/listeners.ts', 'control/listening-socket.ts', 'control/unix-listener.ts'],
    'os/libc.ts',
    INTO_TRANSPORT,
  ),
  ...each(
    ['control/listeners.ts', 'control/listening-socket.ts', 'control/unix-listener.ts'],
    'os/arena.ts',
    INTO_TRANSPORT,
  ),
  ...each(['control/daemon.ts'], 'os/arena.ts', INTO_OS),
  ...each(
    [
      'control/daemon.ts',
      'control/data-threads.ts',
      'control/identity.ts',
      'control/naming.ts',
      'control/start.ts',
    ],
    'os/libc.ts',
    INTO_OS,
  ),
];
