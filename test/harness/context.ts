// What a scenario is given: its addresses, its directory, and the means to make servers, clients, log receivers and
// to run the program under test. Whatever is made here is ended here when the scenario is over.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NetworkAgent } from './agent.ts';
import { type ConnectOptions, connectWire, exchange, type Target } from './client.ts';
import type { HttpResponse, ResponseOptions } from './http-reader.ts';
import { type HttpHandler, HttpServer } from './http-server.ts';
import { nextLoopbackAddress } from './loopback.ts';
import { Network } from './network.ts';
import {
  endProcesses,
  MARK,
  Program,
  processesWithMark,
  type RunResult,
  runToEnd,
  type SpawnOptions,
} from './process-control.ts';
import { isOracle } from './program.ts';
import { SilentListener } from './silent-listener.ts';
import { UdpLogReceiver } from './syslog.ts';
import { TcpServer, type TcpServerOptions } from './tcp-server.ts';
import { Transcript } from './transcript.ts';
import { UnixLogReceiver } from './unix-datagram.ts';
import { poll, within } from './waiting.ts';
import type { Wire } from './wire.ts';

export interface StartOptions extends SpawnOptions {
  /** More arguments, after the files. */
  readonly args?: readonly string[];
  /** In the foreground (-db) unless a scenario is about the background. */
  readonly background?: boolean;
  readonly deadlineMs?: number;
  /** Another program than the one under test, to compare it with. */
  readonly path?: string;
}

export class ScenarioContext {
  /** The scenario's own address: nothing else listens on it. */
  readonly ip: string = nextLoopbackAddress();
  readonly directory: string = mkdtempSync(join(tmpdir(), 'sluice-scenario-'));
  readonly transcript = new Transcript();
  readonly nbthread: number;
  readonly #path: string;
  readonly #mark: string;
  readonly #configs: string[] = [];
  readonly #programs: Program[] = [];
  readonly #endings: (() => Promise<void> | void)[] = [];
  #fileCount = 0;

  constructor(path: string, nbthread: number) {
    this.#path = path;
    this.nbthread = nbthread;
    this.#mark = `${this.ip}-${process.pid}`;
  }

  /** Another address of this scenario alone. */
  address(): string {
    return nextLoopbackAddress();
  }

  /** Writes a file into the scenario's directory and returns its path. */
  file(name: string, content: string | Buffer): string {
    const path = join(this.directory, name);
    writeFileSync(path, content);
    return path;
  }

  /** Runs `end` when the scenario is over, whatever its outcome. */
  after(end: () => Promise<void> | void): void {
    this.#endings.push(end);
  }

  async tcpServer(options: TcpServerOptions = {}): Promise<TcpServer> {
    const server = await TcpServer.listen(options, this.ip, this.transcript);
    this.after(() => server.stop());
    return server;
  }

  /** A server that answers each request with the handler's bytes; a string makes it answer 200 with that body. */
  async httpServer(handler: HttpHandler | string, options: TcpServerOptions = {}): Promise<HttpServer> {
    const server = await HttpServer.listen(handler, options, this.ip, this.transcript);
    this.after(() => server.stop());
    return server;
  }

  /** A syslog server over UDP. */
  async syslog(host: string = this.ip): Promise<UdpLogReceiver> {
    const receiver = await UdpLogReceiver.listen(host, this.transcript);
    this.after(() => receiver.close());
    return receiver;
  }

  /** A syslog server on a unix datagram socket, as /dev/log is. */
  syslogUnix(name = 'log'): UnixLogReceiver {
    const receiver = UnixLogReceiver.listen(join(this.directory, name), this.transcript);
    this.after(() => receiver.close());
    return receiver;
  }

  /** A network of the scenario alone. */
  network(): Network {
    const network = new Network();
    this.after(() => network.remove());
    return network;
  }

  /** A process in a node of a network that serves and asks. */
  agent(name: string, network: Network, node: string): NetworkAgent {
    const agent = new NetworkAgent(name, network.wrapper(node), { ...process.env, [MARK]: this.#mark });
    this.after(() => agent.end());
    return agent;
  }

  /** HOST:PORT of an address that never answers a connection request. */
  async silentAddress(): Promise<string> {
    const listener = await SilentListener.open(this.ip);
    this.after(() => listener.close());
    return listener.address;
  }

  /** HOST:PORT of an address that refuses connections. */
  async refusingAddress(): Promise<string> {
    const server = await TcpServer.listen({ name: 'refusing' }, this.ip, this.transcript);
    await server.stop();
    return server.address;
  }

  /** The files that the program is called with: the harness's own `global` with nbthread, and the scenario's. */
  configFiles(config: string): string[] {
    const number = ++this.#fileCount;
    this.#configs.push(config);
    return [
      this.file(`harness-${number}.cfg`, `global\n    nbthread ${this.nbthread}\n`),
      this.file(`scenario-${number}.cfg`, config),
    ];
  }

  /** Starts the program with this configuration and returns when it listens. */
  async start(config: string, options: StartOptions = {}): Promise<Program> {
    const program = this.spawn(config, options);
    await program.listening(config, options.deadlineMs);
    return program;
  }

  /** Starts the program and does not wait for anything. */
  spawn(config: string, options: StartOptions = {}): Program {
    return this.spawnFiles(this.configFiles(config), options);
  }

  /** Starts the program with these files alone. */
  spawnFiles(paths: readonly string[], options: StartOptions = {}): Program {
    const files = paths.flatMap((path) => ['-f', path]);
    const args = [...files, ...(options.background === true ? [] : ['-db']), ...(options.args ?? [])];
    const program = new Program(options.path ?? this.#path, args, this.#mark, options, this.transcript);
    this.#programs.push(program);
    return program;
  }

  /** Checks a configuration with -c. The harness adds no file of its own. */
  check(config: string, options: StartOptions = {}): Promise<RunResult> {
    this.#configs.push(config);
    const path = this.file(`check-${++this.#fileCount}.cfg`, config);
    return this.run(['-c', '-f', path, ...(options.args ?? [])], options);
  }

  /** Runs the program with these arguments to its end. */
  run(args: readonly string[], options: SpawnOptions = {}): Promise<RunResult> {
    return runToEnd(this.#path, args, this.#mark, options);
  }

  /** The path of the program under test, for scripts that start it themselves. */
  get programPath(): string {
    return this.#path;
  }

  /** Runs another command to its end. What it starts and leaves is ended with the scenario. */
  runCommand(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<RunResult> {
    return runToEnd(command, args, this.#mark, options);
  }

  /** Connects to a port of the scenario's address, or elsewhere. */
  connect(target: number | Target, options: ConnectOptions = {}): Promise<Wire> {
    const where = typeof target === 'number' ? { host: options.host ?? this.ip, port: target } : target;
    return connectWire(where, options, this.transcript).then((wire) => {
      this.after(() => void wire.socket.destroy());
      return wire;
    });
  }

  /**
   * One request on a connection of its own. Where the response announces the connection's end, that is waited for: what
   * the proxy counts of the exchange is counted by then, on whichever of its threads.
   */
  async request(
    target: number | Target,
    raw: string | Buffer,
    options: ConnectOptions & ResponseOptions = {},
  ): Promise<HttpResponse> {
    const wire = await this.connect(target, options);
    const response = await exchange(wire, raw, options);
    if (response.header('connection')?.toLowerCase() === 'close') await wire.ended();
    wire.close();
    return response;
  }

  /** Pids of all processes that the scenario has started and that still run. */
  processes(): number[] {
    return processesWithMark(this.#mark);
  }

  /** Ends everything. Returns what was left over that should not have been. */
  async end(): Promise<string[]> {
    const leftOver: string[] = [];
    for (const program of this.#programs) if (!program.hasExited) program.signal('SIGINT');
    // A process in the background is not the one that was started.
    for (const pid of this.processes()) signalIfThere(pid, 'SIGINT');
    const running = await poll(
      () => (this.processes().length === 0 ? [] : undefined),
      'the processes to end',
      2000,
    ).catch(() => this.processes());
    // The oracle may take its time (it waits for jobs); only our own program must end at once on SIGINT.
    if (running.length > 0 && !isOracle)
      leftOver.push(`processes still running after SIGINT: ${running.join(' ')}`);
    await endProcesses(this.processes());
    for (const end of this.#endings.reverse()) {
      const ending = Promise.resolve().then(end);
      await within(ending, 'the end of a server or client of the test', 2000).catch((error: unknown) => {
        leftOver.push(String(error));
      });
    }
    rmSync(this.directory, { recursive: true, force: true });
    return leftOver;
  }

  /** Everything that helps to understand a failure. */
  report(): string {
    const configs = this.#configs.map((config, at) => `--- configuration ${at + 1}\n${config.trim()}`);
    const outputs = this.#programs.map(
      (program, at) => `--- program ${at + 1}: stderr\n${program.stderr.lines.join('\n')}`,
    );
    return [...configs, ...outputs, '--- transcript', this.transcript.toString()].join('\n');
  }
}

/** Signals a process that may have ended in the meantime. */
function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Already gone.
  }
}
