// Owns: the demo: three small servers and the proxy in front of them, until SIGINT.
//   node dist/examples/demo/demo.js [PROGRAM]     PROGRAM in place of bin/sluice, for instance /usr/sbin/haproxy
// Must not: hold configuration; that is haproxy.cfg beside the source, to be looked at and changed.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type NamedServer, startNameServer } from './name-server.ts';

/** The compiled file lies in dist/examples/demo, three folders below the repository. */
const repository = fileURLToPath(new URL('../../..', import.meta.url));
const configuration = `${repository}examples/demo/haproxy.cfg`;
const program = process.argv[2] ?? `${repository}bin/sluice`;

/** The address of the `bind` line and of the `server` lines of haproxy.cfg. */
const FRONTEND_PORT = 8080;
const namedServers: readonly NamedServer[] = [
  { name: 'alder', colour: '#2f6f4f', port: 9001 },
  { name: 'birch', colour: '#8a5a2b', port: 9002 },
  { name: 'cedar', colour: '#34558b', port: 9003 },
];
const START_LIMIT_MS = 10_000;

const servers: Server[] = [];
let proxy: ChildProcess | undefined;

function stop(status: number): void {
  process.exitCode = status;
  if (proxy !== undefined && proxy.exitCode === null && proxy.signalCode === null) proxy.kill('SIGTERM');
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return await new Promise((resolve) => {
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function main(): Promise<void> {
  // A port that is taken already would otherwise answer in the proxy's place.
  if (await accepts(FRONTEND_PORT)) throw new Error(`port ${FRONTEND_PORT} is in use`);
  for (const named of namedServers) servers.push(await startNameServer(named));
  proxy = spawn(program, ['-f', configuration, '-db'], { stdio: ['ignore', 'inherit', 'inherit'] });
  let isStopping = false;
  let hasEnded = false;
  proxy.once('error', (error) => {
    process.stderr.write(`demo: ${error.message}\n`);
    hasEnded = true;
    stop(1);
  });
  proxy.once('exit', (code, signal) => {
    hasEnded = true;
    if (!isStopping) process.stderr.write(`demo: ${program} has ended (${signal ?? code})\n`);
    stop(isStopping ? 0 : 1);
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      isStopping = true;
      stop(0);
    });
  }
  const limit = performance.now() + START_LIMIT_MS;
  while (!(await accepts(FRONTEND_PORT))) {
    if (hasEnded || isStopping) return;
    if (performance.now() > limit) throw new Error(`${program} does not listen on port ${FRONTEND_PORT}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  process.stdout.write(
    `Open http://127.0.0.1:${FRONTEND_PORT}/ in a browser, or run: curl http://127.0.0.1:${FRONTEND_PORT}/ (Ctrl-C ends the demo)\n`,
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  stop(1);
});
