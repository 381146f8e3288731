// States of servers against the real program: the same orders, given over its stats socket there and to ServerStates
// here, change the same states and are told in the same lines.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfiguration } from '../../../src/config/load.ts';
import type { Configuration } from '../../../src/config/model.ts';
import { createSharedState } from '../../../src/control/initial-state.ts';
import { initialStatus } from '../../../src/features/checks/server-health.ts';
import { ServerStates } from '../../../src/features/checks/server-state.ts';
import { serverPlaces } from '../../../src/features/checks/server-words.ts';
import { SRV_HEALTH, SRV_WEIGHT } from '../../../src/state/shared-state.ts';
import { nextLoopbackAddress } from '../../harness/loopback.ts';
import { findCommand } from '../../harness/program.ts';
import { poll } from '../../harness/waiting.ts';
import { Random } from '../../soak/random.ts';

const haproxy = findCommand('haproxy');
const ORDERS = 400;
const MARK = 'Server mark/end is going DOWN for maintenance.';

/** `@` is a server that passes the one check that is made of it. */
const CONFIG = `
defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
  log global
listen w
  bind unix@DIRECTORY/w
  server a @ check inter 1h
  server b @ check inter 1h fall 1 backup
  server d @ check inter 1h disabled
  server s @ check inter 1h slowstart 1h weight 10
  server u @ weight 0
  server g @ agent-check agent-port 1 agent-inter 1h
backend t
  server x @ track w/a
  server y @ track x weight 20
  server z @ track w/d backup
backend v
  server x2 @ track t/x disabled
  server x3 @ track w/a
  server x4 @ track w/s slowstart 2h
backend mark
  server end @
`;

const OWN = ['w/a', 'w/b', 'w/d', 'w/s', 'w/u', 'w/g'];
const ALL = [...OWN, 't/x', 't/y', 't/z', 'v/x2', 'v/x3', 'v/x4'];

function orders(seed: number): string[] {
  const random = new Random(seed);
  return Array.from({ length: ORDERS }, () => {
    const kind = random.pick(['state', 'state', 'state', 'health', 'health', 'weight', 'agent']);
    if (kind === 'state') return `${random.pick(ALL)} state ${random.pick(['ready', 'drain', 'maint'])}`;
    if (kind === 'agent') return `w/g agent ${random.pick(['up', 'down'])}`;
    if (kind === 'health') return `${random.pick(OWN)} health ${random.pick(['up', 'stopping', 'down'])}`;
    return `${random.pick(ALL)} weight ${random.pick([0, 1, 10, 256])}`;
  });
}

interface Outcome {
  readonly said: string[];
  /** By server: operational and administrative state, weight, check counter. */
  readonly states: Record<string, string>;
}

async function runHaproxy(list: readonly string[]): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-states-'));
  const host = nextLoopbackAddress();
  const server = createServer((socket) => socket.on('error', () => undefined).resume()).listen(8000, host);
  const said: string[] = [];
  const logs = createSocket('udp4');
  logs.on('message', (message) => {
    const match = /^<(\d+)>.*?haproxy\[\d+\]: (.*?)\s*$/.exec(message.toString('latin1'));
    if (match !== null) said.push(`<${Number(match[1]) & 7}> ${match[2]}`);
  });
  await new Promise<void>((resolve) => logs.bind(0, host, resolve));
  const socket = join(directory, 'stats');
  const global = `global\n  nbthread 1\n  max-spread-checks 1\n  log ${host}:${logs.address().port} local0\n  stats socket ${socket} level admin\n`;
  const path = join(directory, 'haproxy.cfg');
  writeFileSync(
    path,
    global +
      CONFIG.replaceAll('@ ', `${host}:8000 `)
        .replace('end @', `end ${host}:8000`)
        .replace('unix@DIRECTORY', `unix@${directory}`),
  );
  const child = spawn(haproxy as string, ['-db', '-f', path], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    await poll(async () => {
      const states = await ask(socket, 'show servers state').catch(() => '');
      // Their checks have passed: result 3.
      return (states.match(/^\d+ w \d+ [abs] (\S+ ){7}3 /gm) ?? []).length === 3 ? true : undefined;
    }, 'the first checks');
    for (const order of list) assert.equal((await ask(socket, `set server ${order}`)).trim(), '', order);
    const states = parseStates(await ask(socket, 'show servers state'));
    await ask(socket, 'set server mark/end state maint');
    await poll(() => (said.some((line) => line.includes(MARK)) ? true : undefined), 'the last line');
    return { said: said.filter((line) => !line.includes(' mark')), states };
  } finally {
    child.kill('SIGKILL');
    await ended;
    logs.close();
    server.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function ask(socket: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const connection = createConnection(socket, () => connection.write(`${command}\n`));
    connection.setEncoding('latin1');
    connection.on('data', (part: string) => {
      text += part;
    });
    connection.on('end', () => resolve(text));
    connection.on('error', reject);
  });
}

function parseStates(text: string): Record<string, string> {
  const states: Record<string, string> = {};
  for (const line of text.split('\n').slice(2)) {
    const [, backend, , server, , op, admin, weight, , , , , health] = line.split(' ');
    if (backend === undefined || server === undefined || backend === 'mark') continue;
    // The counter of a server without checks says nothing.
    const isChecked = ['w/a', 'w/b', 'w/d', 'w/s'].includes(`${backend}/${server}`);
    states[`${backend}/${server}`] = `op${op} admin${admin} weight${weight}${isChecked ? ` h${health}` : ''}`;
  }
  return states;
}

function runHere(list: readonly string[]): Outcome {
  const text = CONFIG.replaceAll('@ ', '127.0.0.1:8000 ')
    .replace('end @', 'end 127.0.0.1:8000')
    .replace('unix@DIRECTORY', 'unix@/tmp');
  const { configuration, diagnostics } = loadConfiguration([{ name: 'test.cfg', text }]);
  assert.deepEqual(
    diagnostics.list.filter(({ severity }) => severity === 'alert').map(({ message }) => message),
    [],
  );
  const shared = createSharedState(configuration, 1, 0, Date.now());
  const said: string[] = [];
  const states = new ServerStates(configuration, shared, {
    notify: () => undefined,
    log: (_proxy, level, message) => said.push(`<${level}> ${message}`),
    serversChanged: () => undefined,
  });
  const indices = new Map<string, number>();
  for (const { server, config, proxyIndex } of serverPlaces(configuration)) {
    indices.set(`${configuration.proxies[proxyIndex]?.name}/${config.name}`, server);
    if (config.agent.enabled) states.followAgent(server, initialStatus(1, 1));
    if (!config.check.enabled) continue;
    const { rise = 2, fall = 3 } = config.check;
    const status = initialStatus(rise, fall);
    // As after the first check, which only those have had that are not in maintenance.
    status.health = config.disabled ? 0 : rise + fall - 1;
    states.follow(server, status);
  }
  for (const order of list) {
    const [name = '', what, value = ''] = order.split(' ');
    const server = indices.get(name) as number;
    if (what === 'weight') states.setWeight(server, Number(value));
    // The words come from `orders`.
    else if (what === 'agent') states.forceAgent(server, value as 'up' | 'down', ', changed from CLI');
    else if (what === 'state') states.setAdministrative(server, value as 'ready' | 'drain' | 'maint');
    else states.forceHealth(server, value as 'up' | 'stopping' | 'down', ', changed from CLI');
  }
  states.stop();
  return { said, states: statesOf(configuration, states) };
}

function statesOf(configuration: Configuration, states: ServerStates): Record<string, string> {
  const result: Record<string, string> = {};
  for (const { server, config, proxyIndex } of serverPlaces(configuration)) {
    const backend = configuration.proxies[proxyIndex]?.name;
    if (backend === 'mark') continue;
    const health = config.check.enabled ? ` h${states.word(server, SRV_HEALTH)}` : '';
    const weight = states.word(server, SRV_WEIGHT);
    result[`${backend}/${config.name}`] =
      `op${states.operational(server)} admin${states.administrative(server)} weight${weight}${health}`;
  }
  return result;
}

for (const seed of [1, 2, 3]) {
  const skip = haproxy === undefined ? { skip: 'needs haproxy: apt-get install haproxy' } : {};
  test(
    `${ORDERS} orders to servers that track each other have the effects and lines of HAProxy (${seed})`,
    skip,
    async () => {
      const list = orders(seed);
      const theirs = await runHaproxy(list);
      const ours = runHere(list);
      assert.deepEqual(ours.said, theirs.said);
      assert.deepEqual(ours.states, theirs.states);
    },
  );
}
