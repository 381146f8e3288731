// Runs the program under test: starts it, waits until it listens, sends signals, watches its exit, reads its figures
// from /proc. It ends only processes that the scenario started, by pid.

import { type ChildProcess, type SpawnOptions as SpawnOptionsOfNode, spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { type ExpectedListeners, expectedListeners } from './bound-addresses.ts';
import { listeningUnixPaths, tcpSockets } from './socket-table.ts';
import { LogReceiver } from './syslog.ts';
import type { Transcript } from './transcript.ts';
import { DEFAULT_DEADLINE_MS, poll, within } from './waiting.ts';

/** Marks every process of a scenario, children that went to the background included. */
export const MARK = 'SLUICE_TEST_SCENARIO';

/** Starting is the heaviest thing that scenarios do, and several do it at once. */
const START_DEADLINE_MS = 30_000;

export interface RunResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Descriptors that the process inherits, as its 3, 4, … */
  readonly fds?: readonly number[];
  /** The name the process is started under (argv[0]). */
  readonly argv0?: string;
  /** A command that becomes the program, such as `ip netns exec NAME`; the program's own words follow. */
  readonly wrapper?: readonly string[];
  /** For what is run to its end. */
  readonly endsWithinMs?: number;
}

export class Program {
  readonly pid: number;
  readonly stdout: LogReceiver;
  readonly stderr: LogReceiver;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly #child: ChildProcess;
  /** The program may live in a network namespace of its own, whose sockets only its own tables show. */
  readonly #isWrapped: boolean;
  #hasExited = false;

  constructor(
    path: string,
    args: readonly string[],
    mark: string,
    options: SpawnOptions,
    transcript: Transcript,
  ) {
    this.stdout = new LogReceiver('stdout', transcript);
    this.stderr = new LogReceiver('stderr', transcript);
    const [command = path, ...words] = [...(options.wrapper ?? []), path, ...args];
    this.#isWrapped = options.wrapper !== undefined;
    this.#child = spawn(command, words, spawnSettings(mark, options));
    this.pid = this.#child.pid ?? -1;
    forwardLines(this.#child.stdout, this.stdout);
    forwardLines(this.#child.stderr, this.stderr);
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      // `exit`, not `close`: a child in the background keeps the pipes open.
      this.#child.once('exit', (code, signal) => {
        this.#hasExited = true;
        transcript.event('program', `exit ${code ?? signal}`);
        resolve({ code, signal });
      });
    });
    this.exited.catch(() => undefined);
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** Waits until every address that the configuration names is listened on. */
  async listening(config: string, deadlineMs = START_DEADLINE_MS): Promise<void> {
    const wanted = expectedListeners(config);
    await poll(
      async () => {
        if (this.#hasExited) {
          const { code, signal } = await this.exited;
          if (code !== 0) throw new Error(`the program ended (${code ?? signal}) instead of listening`);
        }
        const table = this.#isWrapped && !this.#hasExited ? this.pid : 'self';
        return (await areListening(wanted, table)) ? true : undefined;
      },
      () => `the program to listen on ${JSON.stringify(wanted)}`,
      deadlineMs,
    );
  }

  signal(name: NodeJS.Signals): void {
    if (!this.#hasExited) process.kill(this.pid, name);
  }

  /** Stops the program with all of its threads: what happens until `resume` it finds at once. */
  async pause(): Promise<void> {
    this.signal('SIGSTOP');
    const tasks = `/proc/${this.pid}/task`;
    await poll(
      () =>
        readdirSync(tasks).every((task) => /\) T /.test(readFileSync(`${tasks}/${task}/stat`, 'latin1')))
          ? true
          : undefined,
      'the program to stop',
    );
  }

  resume(): void {
    this.signal('SIGCONT');
  }

  exit(deadlineMs = DEFAULT_DEADLINE_MS): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return within(this.exited, 'the program to exit', deadlineMs);
  }

  async fdCount(): Promise<number> {
    return (await readdir(`/proc/${this.pid}/fd`)).length;
  }

  async residentBytes(): Promise<number> {
    const match = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${this.pid}/status`, 'latin1'));
    return Number(match?.[1]) * 1024;
  }
}

function spawnSettings(mark: string, options: SpawnOptions): SpawnOptionsOfNode {
  return {
    stdio: ['ignore', 'pipe', 'pipe', ...(options.fds ?? [])],
    env: { ...process.env, ...options.env, [MARK]: mark },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.argv0 === undefined ? {} : { argv0: options.argv0 }),
  };
}

async function areListening(wanted: ExpectedListeners, table: number | 'self'): Promise<boolean> {
  const wildcards = new Set(['', '*', '0.0.0.0', '::']);
  const rows = wanted.tcp.length === 0 ? [] : (await tcpSockets(table)).filter((row) => row.listening);
  const tcpReady = wanted.tcp.every(({ host, port }) =>
    rows.some(
      (row) =>
        row.localPort === port &&
        (row.localAddress === host || (wildcards.has(host) && wildcards.has(row.localAddress))),
    ),
  );
  if (!tcpReady) return false;
  if (wanted.unix.length === 0) return true;
  const paths = await listeningUnixPaths();
  // A path is bound under a temporary name, which is what the kernel goes on showing, and is there for others only once
  // it has been renamed. Abstract names are padded with NULs, shown as @.
  return wanted.unix.every((path) =>
    path.startsWith('@')
      ? paths.some((found) => found.startsWith(path) || found.replace(/@+$/, '') === path)
      : isSocket(path) && paths.some((found) => found.startsWith(path)),
  );
}

/** What stood there before the program came may be a file of another kind. */
function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}

function forwardLines(stream: NodeJS.ReadableStream | null, into: LogReceiver): void {
  let rest = '';
  stream?.setEncoding('latin1');
  stream?.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) into.add(line);
  });
  stream?.on('end', () => {
    if (rest !== '') into.add(rest);
  });
}

/** Runs the program to its end. */
export function runToEnd(
  path: string,
  args: readonly string[],
  mark: string,
  options: SpawnOptions = {},
): Promise<RunResult> {
  let stdout = '';
  let stderr = '';
  const finished = new Promise<RunResult>((resolve, reject) => {
    const [command = path, ...words] = [...(options.wrapper ?? []), path, ...args];
    const child = spawn(command, words, spawnSettings(mark, options));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('exit', (status, signal) => {
      // The last output may still be in the pipes; a background child would keep them open for ever.
      setImmediate(() => resolve({ status, signal, stdout, stderr }));
    });
  });
  return within(
    finished,
    `${path} ${args.join(' ')} to end`,
    options.endsWithinMs ?? START_DEADLINE_MS,
  ).catch((error: unknown) => {
    process.stderr.write(`--- said so far\n${stdout}${stderr}`);
    throw error;
  });
}

/** Pids of the processes that carry a scenario's mark. */
export function processesWithMark(mark: string): number[] {
  const wanted = `${MARK}=${mark}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(wanted);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Ends processes at once and waits until they are gone. */
export async function endProcesses(pids: readonly number[]): Promise<void> {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself in between.
    }
  }
}
