/** A thread that is late must not take its own lateness for a server's. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { CheckDialogue } from '../../../src/features/checks/check-dialogue.ts';
import type { DialoguePlan } from '../../../src/features/checks/check-plan.ts';
import {
  type CheckRule,
  type CheckSequence,
  DEFAULT_CONNECT,
  expecting,
  sending,
} from '../../../src/features/checks/check-rules.ts';
import { nextLoopbackAddress } from '../../harness/loopback.ts';

const TIMEOUT_MS = 100;
const BLOCKED_MS = 400;

function plan(host: string, dialect: CheckSequence['dialect'], rules: readonly CheckRule[]): DialoguePlan {
  return {
    sequence: { dialect, rules, implicitConnect: true, disableOn404: false },
    target: { family: 'inet', host, port: 8000 },
    source: undefined,
    proxyHeader: undefined,
    socks4: undefined,
    ownSendProxy: undefined,
    ownSocks4: undefined,
    bufferBytes: 16384,
    connectTimeoutMs: TIMEOUT_MS,
    readTimeoutMs: undefined,
  };
}

function block(): void {
  const end = performance.now() + BLOCKED_MS;
  while (performance.now() < end);
}

for (const [what, dialect, rules, status] of [
  ['a connection', 'plain', [DEFAULT_CONNECT], 'L4OK'],
  ['an answer', 'tcp', [DEFAULT_CONNECT, sending('?'), expecting({ type: 'string', text: '!' })], 'L7OK'],
  [
    'an answer that does not come',
    'tcp',
    [DEFAULT_CONNECT, expecting({ type: 'string', text: '!' })],
    'L7TOUT',
  ],
] as const) {
  test(`${what}: ${status} when the thread was busy beyond the timeout`, async () => {
    const host = nextLoopbackAddress();
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write('!'));
    });
    await new Promise<void>((resolve) => server.listen(8000, host, resolve));
    const settings = { stopsOn404: false, stateHeader: undefined, evaluation: undefined };
    const dialogue = new CheckDialogue(plan(host, dialect, rules), settings);
    block();
    assert.equal((await dialogue.result).status, status);
    await new Promise((resolve) => server.close(resolve));
  });
}
