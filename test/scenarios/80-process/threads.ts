// What belongs to threads: the processors that they run on, and what their children may become.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { TCP_DEFAULTS } from '../../harness/config-text.ts';
import { scenario } from '../../harness/scenario.ts';
import { poll } from '../../harness/waiting.ts';

/** One line of /proc/PID/status, for each thread. */
function ofThreads(pid: number, field: string): string[] {
  return readdirSync(`/proc/${pid}/task`).map((task) => {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, 'latin1');
    return new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  });
}

/** Waits until so many threads run on just these processors. */
function bound(pid: number, cpus: string, threads: number): Promise<true> {
  const count = () => ofThreads(pid, 'Cpus_allowed_list').filter((list) => list === cpus).length;
  return poll(() => (count() === threads ? true : undefined), `${threads} threads to be bound to ${cpus}`);
}

function listening(t: { readonly ip: string }): string {
  return `${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    retries 0
    server s1 127.0.0.1:9
`;
}

scenario('cpu-map binds each thread to its processors', { needs: ['two processors'] }, async (t) => {
  const program = await t.start(`
global
    cpu-map auto:1/1-2 0-1
${listening(t)}`);
  for (let thread = 0; thread < t.nbthread; thread++) await bound(program.pid, String(thread), 1);
});

const overlap = 'a later cpu-map replaces an earlier one where they overlap';
scenario(overlap, { needs: ['two processors'] }, async (t) => {
  const program = await t.start(`
global
    cpu-map 1/all 0
    cpu-map 1/1-2 1
${listening(t)}`);
  await bound(program.pid, '1', t.nbthread);
});

scenario('no thread may start programs that gain privileges, unless it is wanted', {}, async (t) => {
  const locked = (pid: number) => ofThreads(pid, 'NoNewPrivs').filter((value) => value === '1').length;
  const strict = await t.start(listening(t));
  await poll(
    () => (locked(strict.pid) >= t.nbthread ? true : undefined),
    'the threads that carry traffic to be locked',
  );
  strict.signal('SIGINT');
  await strict.exited;
  const loose = await t.start(`
global
    insecure-setuid-wanted
${listening(t)}`);
  await (await t.connect(8080)).ended();
  assert.equal(locked(loose.pid), 0);
});
