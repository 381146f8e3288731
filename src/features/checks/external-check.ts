/**
 * A check that is a program: what it is given, how it is started and ended, and what its end means. It is started
 * directly, never through a shell, and knows nothing of our own environment.
 * Specification: configuration manual 4.2 `external-check command`, `external-check path`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Address } from '../../config/address.ts';
import type { ProxyConfig, ServerConfig } from '../../config/model.ts';
import { errnoText } from '../../os/errno.ts';
import { SRV_SERVED } from '../../state/shared-state.ts';
import { backendCheck } from './check-config.ts';
import type { CheckCode, CheckResult, RunningCheck } from './check-status.ts';
import type { ServerHealth } from './server-health.ts';

/** What a program could not be started with tells of, in the place of its exit status. */
const NOT_STARTED = 255;
const KILLED = -1;
/** A program that was asked to end and does not is killed so much later. */
const PATIENCE_MS = 1000;
const NOT_USED = 'NOT_USED';

export interface ExternalProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Undefined where the proxy's checks are of another kind. */
export function externalProgram(proxy: ProxyConfig, server: ServerConfig): ExternalProgram | undefined {
  const config = backendCheck.read(proxy);
  if (config?.check.kind !== 'external' || config.externalCommand === undefined) return undefined;
  const listener = proxy.binds.flatMap(({ addresses }) => addresses).find(isNamed);
  const [proxyAddress, proxyPort] = parts(listener);
  const [serverAddress, serverPort] = parts(server.address);
  const orNothing = (text: string): string => (text === NOT_USED ? '' : text);
  return {
    command: config.externalCommand,
    args: [proxyAddress, proxyPort, serverAddress, serverPort],
    environment: {
      HAPROXY_PROXY_NAME: proxy.name,
      HAPROXY_PROXY_ID: String(proxy.id ?? 0),
      HAPROXY_PROXY_ADDR: orNothing(proxyAddress),
      HAPROXY_PROXY_PORT: orNothing(proxyPort),
      HAPROXY_SERVER_NAME: server.name,
      HAPROXY_SERVER_ID: String(server.id ?? 0),
      HAPROXY_SERVER_ADDR: orNothing(serverAddress),
      HAPROXY_SERVER_PORT: orNothing(serverPort),
      HAPROXY_SERVER_MAXCONN: String(server.maxconn ?? 0),
      HAPROXY_SERVER_SSL: '0',
      HAPROXY_SERVER_PROTO: proxy.mode === 'http' ? 'h1' : 'tcp',
      PATH: config.externalPath ?? '',
    },
  };
}

function isNamed(address: Address): boolean {
  return address.family === 'inet' || address.family === 'inet6' || address.family === 'unix';
}

function parts(address: Address | undefined): [host: string, port: string] {
  switch (address?.family) {
    case 'inet':
    case 'inet6':
      return [address.host, String(address.port)];
    case 'unix':
      return [address.path, NOT_USED];
    default:
      return [NOT_USED, NOT_USED];
  }
}

export class ExternalCheck implements RunningCheck {
  readonly result: Promise<CheckResult>;
  readonly #startedMs = performance.now();
  #resolve: (result: CheckResult) => void = () => undefined;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;
  #isOver = false;

  constructor(program: ExternalProgram, health: ServerHealth, timeoutMs: number) {
    this.result = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const { states, place } = health;
    try {
      this.#child = spawn(program.command, program.args, {
        env: {
          ...program.environment,
          HAPROXY_SERVER_CURCONN: String(states.word(place.server, SRV_SERVED)),
        },
        stdio: ['ignore', 'inherit', 'inherit'],
      });
    } catch (error) {
      this.#notStarted(error, health);
      return;
    }
    this.#timer = setTimeout(() => this.#timedOut(), timeoutMs);
    this.#child.once('error', (error) => this.#notStarted(error, health));
    this.#child.once('exit', (code) => this.#ended(code));
  }

  cancel(): void {
    if (!this.#hasEnded) this.#child?.kill('SIGKILL');
    this.#conclude('UNK', 0);
  }

  #notStarted(error: unknown, health: ServerHealth): void {
    this.#hasEnded = true;
    const errno = error instanceof Error && 'errno' in error ? error.errno : undefined;
    const text = typeof errno === 'number' ? errnoText(-errno) : String(error);
    health.complain(`Failed to exec process for external health check: ${text}. Aborting.`);
    this.#conclude('PROCERR', NOT_STARTED);
  }

  #ended(code: number | null): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    if (code === 0) this.#conclude('PROCOK', 0);
    else this.#conclude('PROCERR', code ?? KILLED);
  }

  #timedOut(): void {
    this.#child?.kill('SIGTERM');
    // The process may end in the meantime, and so may we.
    this.#timer = setTimeout(() => {
      if (!this.#hasEnded) this.#child?.kill('SIGKILL');
    }, PATIENCE_MS);
    this.#timer.unref();
    this.#conclude('PROCTOUT', 0);
  }

  #conclude(status: CheckCode, code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (status !== 'PROCTOUT') clearTimeout(this.#timer);
    const durationMs = Math.round(performance.now() - this.#startedMs);
    this.#resolve({ status, code, info: '', durationMs });
  }
}
