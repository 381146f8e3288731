// Two threads that block in epoll_wait, each woken by its eventfd: by the control plane with messages, and by each other
// without.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { wakeThread } from '../../../src/loop/mailbox.ts';
import { EFD_CLOEXEC, EFD_NONBLOCK } from '../../../src/os/constants.ts';
import { close, eventfd } from '../../../src/os/libc.ts';
import type { Mail, MailboxTask } from './mailbox-thread.ts';

const DEADLINE_MS = 10_000;
const MESSAGES = 500;

class MailedThread {
  readonly wakeFd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  readonly wakeUps = new Int32Array(new SharedArrayBuffer(4));
  readonly port: MessagePort;
  private readonly worker: Worker;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    // The buffer was made shared in the line above.
    const buffer = this.wakeUps.buffer as SharedArrayBuffer;
    const task: MailboxTask = { wakeFd: this.wakeFd, port: port2, wakeUps: buffer };
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.worker = new Worker(new URL(`./mailbox-thread.${extension}`, import.meta.url), {
      workerData: task,
      transferList: [port2],
    });
  }

  post(mail: Mail): void {
    this.port.postMessage(mail);
    wakeThread(this.wakeFd);
  }

  /** Waits until the thread has been woken at least once more than `count` times. */
  wokenAfter(count: number): void {
    assert.notEqual(Atomics.wait(this.wakeUps, 0, count, DEADLINE_MS), 'timed-out');
  }

  async stop(): Promise<void> {
    const exited = once(this.worker, 'exit');
    this.post({ kind: 'stop' });
    const [code] = await exited;
    assert.equal(code, 0);
    this.port.close();
    close(this.wakeFd);
  }
}

test('every message is answered, in order, by a thread that sleeps in epoll_wait', async () => {
  const threads = [new MailedThread(), new MailedThread()];
  await Promise.all(
    threads.map(async (thread) => {
      const answers: number[] = [];
      const done = new Promise<void>((resolve) => {
        thread.port.on('message', (value: number) => {
          if (answers.push(value) === MESSAGES) resolve();
        });
      });
      for (let value = 0; value < MESSAGES; value++) thread.post({ kind: 'echo', value });
      await done;
      assert.deepEqual(
        answers,
        Array.from({ length: MESSAGES }, (_, value) => value),
      );
    }),
  );
  // One at a time, so that each finds the thread asleep.
  const [first] = threads as [MailedThread, MailedThread];
  for (let value = 0; value < 50; value++) {
    const answer = once(first.port, 'message');
    first.post({ kind: 'echo', value });
    assert.deepEqual((await answer)[0], value);
  }
  for (const thread of threads) await thread.stop();
});

test('a thread wakes another one without a message', async () => {
  const [waker, sleeper] = [new MailedThread(), new MailedThread()];
  for (const thread of [waker, sleeper]) {
    thread.post({ kind: 'echo', value: 1 });
    await once(thread.port, 'message');
  }
  sleeper.wokenAfter(0);
  const before = Atomics.load(sleeper.wakeUps, 0);
  assert.equal(before, 1);
  waker.post({ kind: 'wake', fd: sleeper.wakeFd, times: 3 });
  sleeper.wokenAfter(before);
  assert.ok(Atomics.load(sleeper.wakeUps, 0) > before);
  await waker.stop();
  await sleeper.stop();
});
