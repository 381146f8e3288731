/** Holds checks against the real HAProxy's: same servers, same words on standard error and in the logs, same bytes. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfiguration } from '../../../src/config/load.ts';
import { createSharedState } from '../../../src/control/initial-state.ts';
import { startChecks } from '../../../src/features/checks/start-checks.ts';
import { nextLoopbackAddress } from '../../harness/loopback.ts';
import { findCommand } from '../../harness/program.ts';
import { Condition } from '../../harness/waiting.ts';
import { storeOf } from '../expr/patterns/local-lists.ts';
import { type Behaviour, CheckedServers } from './checked-servers.ts';

const haproxy = findCommand('haproxy');
const TEST_OPTIONS = {
  timeout: 30_000,
  ...(haproxy === undefined ? { skip: 'needs haproxy: apt-get install haproxy' } : {}),
};

const HEADER = `
defaults
  mode http
  log global
  timeout connect 300ms
  timeout client 1s
  timeout server 1s
  default-server inter 600ms fastinter 300ms fall 2 rise 2
`;

/** What was said: standard error as `severity message`, logs as `<level> message`. */
class Said {
  readonly lines: string[] = [];
  readonly #heard = new Condition();

  add(line: string): void {
    // Durations and what follows from the order of two servers' checks are not compared.
    this.lines.push(line.replace(/duration: \d+ms/, 'duration: Nms'));
    this.#heard.notify();
  }

  /** Waits until every pattern was heard, on standard error and in the logs. */
  async until(patterns: readonly RegExp[]): Promise<void> {
    for (const pattern of patterns) {
      await this.#heard.until(
        () => (this.lines.filter((line) => pattern.test(line)).length >= 2 ? true : undefined),
        () => `${pattern} in\n${this.lines.join('\n')}`,
        12_000,
      );
    }
  }

  /** The lines about each server or backend, in their order. */
  bySubject(): Record<string, string[]> {
    const subjects: Record<string, string[]> = {};
    for (const line of this.lines) {
      const subject = /\b(\w+\/\w+)\b/.exec(line)?.[1] ?? /backend '?(\w+)/.exec(line)?.[1] ?? '';
      const kind = line.startsWith('<') ? 'log' : 'stderr';
      const list = subjects[`${subject} ${kind}`] ?? [];
      list.push(line);
      subjects[`${subject} ${kind}`] = list;
    }
    return subjects;
  }
}

interface Outcome {
  readonly said: Record<string, string[]>;
  readonly received: Record<string, string[]>;
}

async function runHaproxy(
  behaviours: Readonly<Record<string, Behaviour>>,
  config: string,
  last: readonly RegExp[],
): Promise<Outcome> {
  const servers = await CheckedServers.listen(behaviours);
  const directory = mkdtempSync(join(tmpdir(), 'sluice-checks-'));
  const said = new Said();
  const logs = createSocket('udp4');
  logs.on('message', (message) => {
    const match = /^<(\d+)>.*?haproxy\[\d+\]: (.*?)\s*$/.exec(message.toString('latin1'));
    if (match !== null) said.add(`<${Number(match[1]) & 7}> ${match[2]}`);
  });
  const host = nextLoopbackAddress();
  await new Promise<void>((resolve) => logs.bind(0, host, resolve));
  const path = join(directory, 'haproxy.cfg');
  // Without any listener HAProxy does not start.
  const socket = `  stats socket ${join(directory, 'stats')}\n`;
  const global = `global\n  nbthread 1\n  log ${host}:${logs.address().port} local0\n${socket}`;
  writeFileSync(path, `${global}${HEADER}${servers.configuration(config)}`);
  const child: ChildProcess = spawn(haproxy as string, ['-db', '-f', path], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let rest = '';
  child.stderr?.setEncoding('latin1').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const match = /^\[(WARNING|ALERT)\] +\(\d+\) : ((?:Server|Backup|Health|backend) .*)$/.exec(line);
      if (match !== null) said.add(`${match[1]?.toLowerCase()} ${match[2]}`);
    }
  });
  try {
    await said.until(last);
  } finally {
    child.kill('SIGKILL');
    await ended;
    logs.close();
    rmSync(directory, { recursive: true, force: true });
    await servers.stop();
  }
  return { said: said.bySubject(), received: servers.received() };
}

async function runHere(
  behaviours: Readonly<Record<string, Behaviour>>,
  config: string,
  last: readonly RegExp[],
): Promise<Outcome> {
  const servers = await CheckedServers.listen(behaviours);
  const text = `global\n  nbthread 1\n${HEADER}${servers.configuration(config)}`;
  const { configuration, diagnostics } = loadConfiguration([{ name: 'test.cfg', text }]);
  assert.deepEqual(
    diagnostics.list.filter(({ severity }) => severity === 'alert').map(({ message }) => message),
    [],
  );
  const shared = createSharedState(configuration, 1, 0, Date.now());
  const said = new Said();
  const checks = startChecks(configuration, shared, storeOf([]), {
    notify: (severity, message) => said.add(`${severity} ${message}`),
    log: (_proxy, level, message) => said.add(`<${level}> ${message}`),
    serversChanged: () => undefined,
  });
  try {
    await said.until(last);
  } finally {
    checks.stop();
    await servers.stop();
  }
  return { said: said.bySubject(), received: servers.received() };
}

async function compare(
  behaviours: Readonly<Record<string, Behaviour>>,
  config: string,
  last: readonly RegExp[],
): Promise<void> {
  const [theirs, ours] = await Promise.all([
    runHaproxy(behaviours, config, last),
    runHere(behaviours, config, last),
  ]);
  assert.deepEqual(ours.said, theirs.said);
  assert.deepEqual(ours.received, theirs.received);
}

const ok = 'HTTP/1.0 200 OK\r\n\r\nhello world';
const failing = 'HTTP/1.0 503 Out of order\r\n\r\n';
const gone = 'HTTP/1.0 404 Gone\r\n\r\n';

test('TCP checks say the same of servers that are there and of those that are not', TEST_OPTIONS, () =>
  compare(
    { up: { kind: 'accept' }, down: { kind: 'refuse' } },
    `
backend alone
  server s1 @down check
backend two
  server s1 @up check
  server s2 @down check
backend spare
  server s1 @down check
  server s2 @up check backup
backend spareless
  server s1 @down check
  server s2 @down check backup
backend unchecked
  server s1 @down
  server s2 @down check disabled
backend told
  option log-health-checks
  option tcp-check
  server s1 @up check
  server s2 @down check
`,
    [/Server told\/s2 is DOWN/],
  ),
);

test('HTTP checks judge and tell alike', TEST_OPTIONS, () => {
  const behaviours: Record<string, Behaviour> = {
    ok: { kind: 'answer', with: [ok] },
    moved: { kind: 'answer', with: ['HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n'] },
    failing: { kind: 'answer', with: [failing] },
    noreason: { kind: 'answer', with: ['HTTP/1.1 500\r\n\r\n'] },
    gone: { kind: 'answer', with: [gone] },
    garbage: { kind: 'answer', with: ['garbage\r\n\r\n'] },
    half: { kind: 'answer', with: ['HTTP/1.0 200 OK\r\nContent-'] },
    close: { kind: 'close' },
    reset: { kind: 'reset' },
    silent: { kind: 'silent' },
    refuse: { kind: 'refuse' },
  };
  // A backend for each: what one server's line says of the others must not depend on whose check was faster.
  const backends = Object.keys(behaviours).map(
    (name) => `backend ${name}\n option httpchk\n server s @${name} check\n`,
  );
  const told = ['ok', 'gone', 'failing'].map(
    (name) => `backend told${name}
  option httpchk GET /status HTTP/1.1
  http-check send hdr Host www.example.test hdr X-Check 1
  option log-health-checks
  http-check disable-on-404
  server s @${name} check
`,
  );
  return compare(behaviours, [...backends, ...told].join(''), [
    /toldfailing\/s is DOWN/,
    /silent\/s is DOWN/,
    /backend '?silent'? has no server/,
  ]);
});

test('a server that goes down and comes back takes as many checks', TEST_OPTIONS, () =>
  compare(
    {
      flip: { kind: 'answer', with: [ok, failing, failing, failing, ok, ok] },
      blink: { kind: 'answer', with: [ok, failing, ok, failing, failing, ok, ok] },
      drain: { kind: 'answer', with: [ok, gone, gone, ok] },
      steady: { kind: 'answer', with: [ok] },
      late: { kind: 'answer', with: [failing, gone, gone, gone, ok, ok] },
    },
    `
backend flip
  option httpchk
  option log-health-checks
  server s @flip check
backend blink
  option httpchk
  option log-health-checks
  server s @blink check
backend drain
  option httpchk
  http-check disable-on-404
  server s @drain check
backend late
  option httpchk
  http-check disable-on-404
  option log-health-checks
  server s @late check
  server other @steady check
`,
    [/Server flip\/s is UP/, /Server blink\/s is UP/, /drain\/s is UP/, /late\/s is UP/],
  ),
);

test('http-check expect decides alike', TEST_OPTIONS, () => {
  const rules = {
    status: 'status 200-299,404',
    other: 'status 404',
    notstatus: '! status 200',
    rstatus: 'rstatus ^2',
    notrstatus: '! rstatus ^[23]',
    string: 'string world',
    nostring: 'string absent',
    unwanted: '! string hell',
    rstring: 'rstring w.r[lm]d$',
    norstring: '! rstring ^nothing',
  };
  const backends = Object.entries(rules).map(
    ([name, rule]) =>
      `backend ${name}\n option httpchk\n option log-health-checks\n http-check expect ${rule}\n server s @ok check\n`,
  );
  return compare({ ok: { kind: 'answer', with: [ok] } }, backends.join(''), [
    /Health check for server norstring\/s/,
  ]);
});

test('checks open with the same PROXY header', TEST_OPTIONS, () =>
  compare(
    {
      v1: { kind: 'accept' },
      v2: { kind: 'accept' },
      none: { kind: 'accept' },
      forced: { kind: 'answer', with: [ok] },
    },
    `
backend b
  source 127.0.0.1
  option log-health-checks
  server v1 @v1 check send-proxy
  server v2 @v2 check send-proxy-v2
  server none @none check send-proxy port 8000
backend forced
  source 127.0.0.1
  option httpchk
  option log-health-checks
  server s @forced check check-send-proxy
`,
    [/server forced\/s succeeded/],
  ),
);
