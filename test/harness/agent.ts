// The scenario's hand on a process in a network namespace (agent-process.ts): web servers and plain HTTP clients there.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { within } from './waiting.ts';

/** What the application tells in its answers. */
export interface WebReply {
  readonly server: string;
  readonly port: number;
  /** Who connected to it. */
  readonly peer: string;
  /** The value of JSESSIONID that it was given, or nothing. */
  readonly session: string;
  readonly cookie: string;
  readonly forwardedFor: string;
}

export interface AgentAnswer {
  readonly status: number;
  readonly setCookies: readonly string[];
  readonly text: string;
}

export type AgentOrder =
  | { readonly do: 'listen'; readonly host: string; readonly port: number; readonly name: string }
  | { readonly do: 'close'; readonly host: string; readonly port: number }
  | { readonly do: 'canConnect'; readonly host: string; readonly port: number }
  | {
      readonly do: 'get';
      readonly host: string;
      readonly port: number;
      readonly from: string | undefined;
      readonly headers: Readonly<Record<string, string>>;
      readonly timeoutMs: number;
    };

export type AgentReply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

const program = fileURLToPath(new URL('./agent-process.js', import.meta.url));

const ORDER_DEADLINE_MS = 30_000;
const ANSWER_DEADLINE_MS = 15_000;

export class NetworkAgent {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (reply: AgentReply) => void>();
  #orders = 0;

  constructor(name: string, wrapper: readonly string[], env: NodeJS.ProcessEnv) {
    this.#name = name;
    const [command = '', ...words] = [...wrapper, process.execPath, program];
    this.#child = spawn(command, words, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env });
    this.#child.on('message', (reply: AgentReply) => {
      const settle = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      settle?.(reply);
    });
    this.#child.once('exit', () => {
      for (const [id, settle] of this.#waiting) settle({ id, error: `the agent ${this.#name} has ended` });
    });
  }

  #order(order: AgentOrder): Promise<unknown> {
    const id = ++this.#orders;
    const replied = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, (reply) => {
        if ('error' in reply) reject(new Error(`${this.#name}: ${JSON.stringify(order)}: ${reply.error}`));
        else resolve(reply.result);
      });
      if (this.#child.connected) this.#child.send({ id, order });
      else reject(new Error(`the agent ${this.#name} has ended`));
    });
    return within(replied, `${this.#name}: ${JSON.stringify(order)}`, ORDER_DEADLINE_MS);
  }

  /** A web server of that name. */
  async listen(host: string, port: number, name: string): Promise<void> {
    await this.#order({ do: 'listen', host, port, name });
  }

  /** The server there takes no more connections. */
  async close(host: string, port: number): Promise<void> {
    await this.#order({ do: 'close', host, port });
  }

  async canConnect(host: string, port: number): Promise<boolean> {
    return (await this.#order({ do: 'canConnect', host, port })) === true;
  }

  /** One request on a connection of its own; rejects when it gets no whole answer. */
  get(
    host: string,
    port: number,
    headers: Readonly<Record<string, string>> = {},
    from?: string,
  ): Promise<AgentAnswer> {
    const order = { do: 'get', host, port, from, headers, timeoutMs: ANSWER_DEADLINE_MS } as const;
    // The agent is our own program: it answers what it was asked.
    return this.#order(order) as Promise<AgentAnswer>;
  }

  end(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
