/** A data thread that does nothing but answer its mail: on its own loop, woken by its eventfd. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { EventLoop } from '../../../src/loop/event-loop.ts';
import { Mailbox, wakeThread } from '../../../src/loop/mailbox.ts';

export interface MailboxTask {
  readonly wakeFd: number;
  readonly port: MessagePort;
  /** Counts the wake-ups of this thread. */
  readonly wakeUps: SharedArrayBuffer;
}

export type Mail =
  | { readonly kind: 'echo'; readonly value: number }
  /** Wakes another thread so many times, without a message. */
  | { readonly kind: 'wake'; readonly fd: number; readonly times: number }
  | { readonly kind: 'stop' };

if (parentPort !== null && workerData !== null) {
  // The test that starts this file hands it exactly this.
  const task = workerData as MailboxTask;
  const loop = new EventLoop(16);
  const wakeUps = new Int32Array(task.wakeUps);
  new Mailbox<Mail>(
    loop,
    task.wakeFd,
    task.port,
    (mail) => {
      if (mail.kind === 'echo') task.port.postMessage(mail.value);
      else if (mail.kind === 'stop') loop.stop();
      else for (let time = 0; time < mail.times; time++) wakeThread(mail.fd);
    },
    () => {
      Atomics.add(wakeUps, 0, 1);
      Atomics.notify(wakeUps, 0);
    },
  );
  loop.run();
  task.port.close();
}
