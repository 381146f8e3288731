// Plays corpus cases against a running program and observes what comes out: at the client, at the server, in the log.
// A lane is a frontend with a backend and a server of its own, on which cases run one after another; several lanes run
// side by side. It owns no expectations: with an expected observation it only knows what to wait for. Transcripts are
// dropped: thousands of cases would bury the one that differs, which is reported by itself.

import { isDeepStrictEqual } from 'node:util';
import { connectWire } from '../harness/client.ts';
import type { ScenarioContext } from '../harness/context.ts';
import { type LogReceiver, UdpLogReceiver } from '../harness/syslog.ts';
import { TcpServer } from '../harness/tcp-server.ts';
import { Transcript } from '../harness/transcript.ts';
import { DeadlineError, poll } from '../harness/waiting.ts';
import type { Wire } from '../harness/wire.ts';
import type { CorpusCase, Step } from './case.ts';
import { comparable, withoutChunkBoundaries } from './chunk-boundaries.ts';
import { type After, condense, digest, MODES, type Mode, type Observation } from './observation.ts';
import { completeRequests, HEAD_ANSWER, ORDINARY_ANSWER } from './server-script.ts';

const PROBE = 'GET /probe HTTP/1.1\r\nHost: probe\r\n\r\n';
/** The ordinary answer as proxies pass it on. */
export const PROBE_ANSWER = ORDINARY_ANSWER.replace('Content-Length', 'content-length');

const FIRST_PORT = 8100;
/** What no case may run into, however slow the machine is. */
const PATIENT = ['http-request 20s', 'client 20s', 'server 20s', 'tunnel 20s', 'http-keep-alive 20s'];
/** For cases that end by a timeout. Each has its own length, so that it is plain which one it is. */
const HASTY = [
  'http-request 600ms',
  'client 900ms',
  'server 700ms',
  'tunnel 1100ms',
  'http-keep-alive 1300ms',
];

interface Play {
  readonly client: Wire;
  /** The server connections of this case. */
  readonly servers: () => readonly Wire[];
  readonly received: () => string;
}

export interface Played {
  readonly observation: Observation;
  /** The proxy closed the connection and refused what came after. */
  readonly wasReset: boolean;
  /** Server connections that the proxy still held when its client was gone. */
  readonly leftOpen: number;
}

export interface Pace {
  /** How the client's bytes are sent: as the case says, or otherwise. */
  readonly send?: (wire: Wire, bytes: string) => Promise<void>;
  /** Called where nothing tells what to wait for: when verdicts are recorded. */
  readonly settle?: () => Promise<void>;
}

export class Lane {
  readonly mode: Mode;
  /** For the cases that are `final`. */
  readonly hasty: boolean;
  readonly number: number;
  readonly server: TcpServer;
  readonly #context: ScenarioContext;
  readonly #logs: LogReceiver;
  #response: readonly Step[] | undefined;
  #scripted = Promise.resolve();
  #served = 0;

  private constructor(
    context: ScenarioContext,
    logs: LogReceiver,
    mode: Mode,
    hasty: boolean,
    number: number,
    server: TcpServer,
  ) {
    this.#context = context;
    this.#logs = logs;
    this.mode = mode;
    this.hasty = hasty;
    this.number = number;
    this.server = server;
  }

  static async open(
    context: ScenarioContext,
    logs: LogReceiver,
    mode: Mode,
    hasty: boolean,
    number: number,
  ): Promise<Lane> {
    let lane: Lane | undefined;
    const script = (wire: Wire): void => lane?.serve(wire);
    const server = await TcpServer.listen({ script }, context.ip, new Transcript());
    context.after(() => server.stop());
    lane = new Lane(context, logs, mode, hasty, number, server);
    return lane;
  }

  get port(): number {
    return FIRST_PORT + this.number;
  }

  get configuration(): string {
    const [request, client, server, tunnel, keepAlive] = (this.hasty ? HASTY : PATIENT).map(
      (text) => `    timeout ${text}`,
    );
    const option = (what: string): string => (this.mode === 'lenient' ? `    option ${what}\n` : '');
    return `
frontend fe-${this.number}
    bind ${this.#context.ip}:${this.port}
${request}
${client}
${keepAlive}
${option('accept-invalid-http-request')}    default_backend be-${this.number}
backend be-${this.number}
${server}
${tunnel}
${option('accept-invalid-http-response')}    http-reuse never
    server s ${this.server.address}
`;
  }

  /** The server's side: the case's response to the first request, the ordinary answer to all others. */
  serve(wire: Wire): void {
    let answered = 0;
    wire.socket.on('data', () => {
      const methods = completeRequests(wire.peek().toString('latin1'));
      for (; answered < methods.length; answered++) {
        const response = this.#served++ === 0 ? this.#response : undefined;
        if (response !== undefined) this.#scripted = this.#perform(wire, response);
        else void wire.send(methods[answered] === 'HEAD' ? HEAD_ANSWER : ORDINARY_ANSWER);
      }
    });
    // A proxy that ends its direction has no use for the connection any more.
    wire.socket.once('end', () => wire.socket.end());
  }

  async #perform(wire: Wire, steps: readonly Step[], send = sendWhole): Promise<void> {
    for (const [at, step] of steps.entries()) {
      if (at > 0 && !isOver(wire)) await wire.taken();
      if (step === 'FIN') await wire.halfClose().catch(() => undefined);
      else if (step === 'RST') wire.reset();
      else await send(wire, step);
    }
  }

  /** Plays one case. With `expected` it waits until that is observed, else until the pace says so. */
  async play(each: CorpusCase, expected: Observation | undefined, pace: Pace = {}): Promise<Played> {
    const firstServer = this.server.wires.length;
    const firstLog = this.#logs.lines.length;
    this.#response = each.response;
    this.#served = 0;
    this.#scripted = Promise.resolve();
    const client = await connectWire({ host: this.#context.ip, port: this.port }, {}, new Transcript());
    // A closed socket has forgotten its port, and the port is what tells this case's log lines.
    const clientPort = client.localPort;
    const play: Play = {
      client,
      servers: () => this.server.wires.slice(firstServer),
      received: () => client.peek().toString('latin1'),
    };
    await this.#perform(client, each.request, pace.send);
    const answered = await this.#awaitAnswer(play, each, expected, pace);
    const answer = play.received();
    if (answered && each.final !== true) await this.#probe(play, expected, answer, pace);
    const after = whatBecame(client, play.received().slice(answer.length));
    const wasReset = client.ending === 'reset';
    const text = after === 'kept' || after === 'tunnel' ? answer : play.received();
    const observe = (): Observation => ({
      answer: text,
      after,
      server: play.servers().map((wire) => wire.peek().toString('latin1')),
      log: this.#logged(firstLog, clientPort),
    });
    // Before the client leaves, so that what it sent has come through; after it, because tunnels are logged then.
    if (expected !== undefined)
      await reached(() =>
        isDeepStrictEqual(comparable(condense(observe())).server, comparable(expected).server),
      );
    client.close();
    await reached(() => play.servers().every(isOver));
    if (expected === undefined) await pace.settle?.();
    else await reached(() => isDeepStrictEqual(condense(observe()).log, expected.log));
    const leftOpen = play.servers().filter((wire) => !isOver(wire));
    for (const wire of leftOpen) wire.reset();
    return { observation: observe(), wasReset, leftOpen: leftOpen.length };
  }

  /** True when the connection is still open afterwards. */
  async #awaitAnswer(
    { client, received }: Play,
    each: CorpusCase,
    expected: Observation | undefined,
    pace: Pace,
  ): Promise<boolean> {
    const ended = (): boolean => client.ending !== undefined;
    if (each.final === true) await reached(ended);
    else if (expected === undefined) await pace.settle?.();
    else if (expected.after === 'closed') await reached(ended);
    else {
      const wanted = withoutChunkBoundaries(expected.answer);
      await reached(() => ended() || withoutChunkBoundaries(digest(received())) === wanted);
    }
    await this.#scripted;
    return !ended();
  }

  async #probe(
    { client, received, servers }: Play,
    expected: Observation | undefined,
    answer: string,
    pace: Pace,
  ): Promise<void> {
    const mustEnd = (expected?.server.length ?? 0) - 1;
    await reached(() => servers().slice(0, mustEnd).every(isOver));
    await client.send(PROBE);
    if (expected === undefined) await pace.settle?.();
    else
      await reached(
        () => client.ending !== undefined || received().length >= answer.length + PROBE_ANSWER.length,
      );
  }

  #logged(firstLine: number, clientPort: number): string[] {
    const from = new RegExp(
      `: [^ ]+:${clientPort} \\[[^\\]]+\\] fe-${this.number} (?<backend>[^ /]+)/(?<server>[^ ]+) \\S+ (?<status>-?\\d+) \\d+ - - (?<flags>\\S+) \\S+ \\S+ (?<request>".*")`,
      's',
    );
    return this.#logs.lines.slice(firstLine).flatMap((line) => {
      const f = from.exec(line)?.groups;
      if (f === undefined) return [];
      return [`${f['status']} ${f['flags']} ${f['backend']?.slice(0, 2)}/${f['server']} ${f['request']}`];
    });
  }
}

async function sendWhole(wire: Wire, bytes: string): Promise<void> {
  await wire.send(bytes);
}

/** Ended by the proxy, or reset by the case. */
function isOver(wire: Wire): boolean {
  return wire.ending !== undefined || wire.socket.destroyed;
}

function whatBecame(client: Wire, probeAnswer: string): After {
  if (client.ending !== undefined) return 'closed';
  if (probeAnswer === PROBE_ANSWER) return 'kept';
  return probeAnswer === ORDINARY_ANSWER ? 'tunnel' : 'open';
}

/** Waits until it holds; when it never does, the observation shows that. */
async function reached(holds: () => boolean): Promise<void> {
  await poll(() => holds() || undefined, 'the expected observation').catch((error: unknown) => {
    if (!(error instanceof DeadlineError)) throw error;
  });
}

/** Opens lanes of both modes, patient and hasty ones, and starts the program with them. */
export async function openLanes(context: ScenarioContext, perKind: number): Promise<Lane[]> {
  const logs = await UdpLogReceiver.listen(context.ip, new Transcript());
  context.after(() => logs.close());
  const lanes: Lane[] = [];
  for (const mode of MODES)
    for (const hasty of [false, true])
      for (let i = 0; i < perKind; i++) lanes.push(await Lane.open(context, logs, mode, hasty, lanes.length));
  await context.start(`
global
    log ${logs.address} len 16384 local0
    maxconn 2000
defaults
    mode http
    log global
    option httplog
    timeout connect 5s
${lanes.map((lane) => lane.configuration).join('')}`);
  return lanes;
}

/** Plays each item on a lane of each of these modes: `final` cases on hasty lanes, the others on patient ones. */
export async function playOnLanes<T>(
  lanes: readonly Lane[],
  items: readonly T[],
  caseOf: (item: T) => CorpusCase,
  play: (item: T, lane: Lane) => Promise<void>,
  modes: readonly Mode[] = MODES,
): Promise<void> {
  const shares = modes.flatMap((mode) =>
    [false, true].map((hasty) =>
      shareOut(
        items.filter((item) => (caseOf(item).final === true) === hasty),
        lanes.filter((lane) => lane.mode === mode && lane.hasty === hasty),
        play,
      ),
    ),
  );
  await Promise.all(shares);
}

/** Gives every item to one of the workers, each of which takes one at a time. */
async function shareOut<T, W>(
  items: readonly T[],
  workers: readonly W[],
  work: (item: T, worker: W) => Promise<void>,
): Promise<void> {
  let next = 0;
  const run = async (worker: W): Promise<void> => {
    while (next < items.length) {
      const item = items[next++];
      if (item !== undefined) await work(item, worker);
    }
  };
  await Promise.all(workers.map(run));
}
