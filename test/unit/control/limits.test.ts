/** The figures are those that HAProxy 2.6.12 prints for the same configurations. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeLimits, type Limits, raiseDescriptorLimit } from '../../../src/control/limits.ts';
import { RLIMIT_NOFILE } from '../../../src/os/constants.ts';
import { readLimit, setLimit } from '../../../src/os/resource-limits.ts';
import { configurationOf, keptMessages } from './configurations.ts';

interface Case {
  readonly hard?: number;
  readonly threads?: number;
  readonly global?: string;
  readonly proxy?: string;
  readonly listeners?: number;
  readonly stats?: number;
  readonly maxconn?: number;
  readonly memory?: number;
}

function limits({ hard = 20000, threads = 1, global = '', proxy = '', ...more }: Case): Limits {
  return computeLimits({
    configuration: configurationOf(`listen fe1\n bind 127.0.0.1:18101\n${proxy}`, global),
    threads,
    listeners: more.listeners ?? 1,
    statsDescriptors: more.stats ?? 0,
    maxconn: more.maxconn,
    memoryMegabytes: more.memory,
    descriptorLimit: { soft: hard, hard },
  });
}

test('automatic maxconn from the descriptor limit', () => {
  assert.equal(limits({}).maxconn, 9993);
  assert.equal(limits({ threads: 2 }).maxconn, 9991);
  assert.equal(limits({ threads: 4 }).maxconn, 9988);
  assert.equal(limits({ hard: 1024 }).maxconn, 505);
  assert.equal(limits({ hard: 4096 }).maxconn, 2041);
  assert.equal(limits({ proxy: ' option splice-auto' }).maxconn, 7994);
  assert.equal(limits({ global: 'maxconn 0' }).maxconn, 9993);
  assert.equal(limits({ threads: 2, global: 'fd-hard-limit 700' }).maxconn, 341);
  // Too few for a proxy: the limit is complained of instead.
  const few = limits({ hard: 40 });
  assert.deepEqual([few.maxconn, few.descriptors], [100, 214]);
});

test('descriptors that a maxconn needs', () => {
  const needed = (more: Case): number => limits({ global: 'maxconn 1000', ...more }).descriptors;
  assert.equal(needed({}), 2014);
  assert.equal(needed({ threads: 2 }), 2017);
  assert.equal(needed({ listeners: 3 }), 2016);
  assert.equal(needed({ proxy: ' server s1 127.0.0.1:1 check\n server s2 127.0.0.1:1 check' }), 2016);
  assert.equal(needed({ stats: 11 }), 2025);
  assert.equal(needed({ proxy: ' option splice-auto' }), 2514);
  assert.equal(needed({ global: 'maxconn 1000\nmaxpipes 10' }), 2034);
});

test('the command line has the last word; memory bounds what is automatic', () => {
  assert.equal(limits({ global: 'maxconn 7', maxconn: 50 }).maxconn, 50);
  assert.equal(limits({ maxconn: 0 }).maxconn, 9993);
  const byMemory = [20, 33, 50, 64, 100, 128, 200, 256].map((memory) => limits({ memory }).maxconn);
  assert.deepEqual(byMemory, [570, 940, 1400, 1800, 2800, 3600, 5700, 7300]);
});

test('a limit that the system does not grant keeps the process from starting, unless it may', () => {
  const before = readLimit(RLIMIT_NOFILE);
  const beyond = (strict: string) =>
    configurationOf('listen a\n bind 127.0.0.1:1', `fd-hard-limit 500\n${strict}`);
  const needed = limits({ maxconn: 1000 });
  const strict = keptMessages();
  assert.equal(raiseDescriptorLimit(needed, beyond(''), strict.messages), false);
  assert.deepEqual(strict.lines, [
    '[ALERT]    (1) : [haproxy.main()] Cannot raise FD limit to 2014, limit is 500.',
  ]);
  const lenient = keptMessages();
  assert.equal(raiseDescriptorLimit(needed, beyond('no strict-limits'), lenient.messages), true);
  assert.match(
    lenient.lines[0] ?? '',
    /^\[WARNING\] {2}\(1\) : \[haproxy\.main\(\)\] Cannot raise FD limit to/,
  );
  setLimit(RLIMIT_NOFILE, before);
});

test('a ulimit-n that is too low is told', () => {
  const before = readLimit(RLIMIT_NOFILE);
  setLimit(RLIMIT_NOFILE, { soft: 1024, hard: before.hard });
  const { messages, lines } = keptMessages();
  const configuration = configurationOf('listen a\n bind 127.0.0.1:1', 'ulimit-n 500');
  const low = limits({ global: 'maxconn 1000\nulimit-n 500' });
  assert.equal(raiseDescriptorLimit(low, configuration, messages), false);
  setLimit(RLIMIT_NOFILE, before);
  assert.deepEqual(lines, [
    "[ALERT]    (1) : [haproxy.main()] FD limit (1024) too low for maxconn=1000/maxsock=2014. Please raise 'ulimit-n' to 2014 or more to avoid any trouble.",
  ]);
});
