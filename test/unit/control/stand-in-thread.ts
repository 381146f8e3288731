/**
 * A worker in the place of a data thread: loop and mailbox are the real ones, sessions are only counted. What the tests
 * of the control plane need to see comes back as answers.
 * With `{ fail: 'start' }` as configuration's description it fails at once, with 'later' at the first question.
 */
import { type MessagePort, workerData } from 'node:worker_threads';
import { EventLoop } from '../../../src/loop/event-loop.ts';
import { Mailbox } from '../../../src/loop/mailbox.ts';
import type { DataThreadStart, FromDataThread, ToDataThread } from '../../../src/state/messages.ts';
import { PROCESS_STOPPING, SharedState } from '../../../src/state/shared-state.ts';

// Passed by control/data-thread-worker.ts.
const { port } = workerData as { port: MessagePort };

port.once('message', (start: DataThreadStart) => {
  const mode = start.configuration.global.description;
  if (mode === 'fails at start') throw new Error('cannot start');
  const shared = SharedState.attach(start.shared);
  const seen: string[] = [];
  const loop = new EventLoop(16);
  const post = (message: FromDataThread): void => port.postMessage(message);
  const receive = (message: ToDataThread): void => {
    switch (message.kind) {
      case 'question':
        if (mode === 'fails later') throw new Error('lost');
        post({
          kind: 'answer',
          id: message.id,
          answer: { thread: start.thread, seen: [...seen], stopping: shared.words[PROCESS_STOPPING] },
        });
        return;
      case 'softStop':
        seen.push(`softStop ${message.listeners?.join(',') ?? 'all'}`);
        if (message.listeners === undefined && mode !== 'keeps sessions') post({ kind: 'drained' });
        return;
      case 'resume':
        seen.push(`resume ${message.listeners.map(({ index }) => index).join(',')}`);
        return;
      case 'stop':
        loop.stop();
        return;
      default:
        seen.push(message.kind);
    }
  };
  const wakeFd = start.wakeFds[start.thread - 1] as number;
  const mailbox = new Mailbox<ToDataThread>(loop, wakeFd, port, receive, () => {});
  mailbox.onBug = (error) => {
    throw error;
  };
  post({ kind: 'ready' });
  loop.run();
  port.close();
});
