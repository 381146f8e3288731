/**
 * `cpu-map`: which data threads run on which processors. Owns the reading; data threads bind themselves (os/affinity.ts).
 * Specification: configuration manual 3.1; which sets HAProxy 2.6 takes was seen from outside.
 * HAProxy 2.6.12 leaves a lone first thread and a lone group unbound, against its manual; here they are bound.
 */
import { Facet } from '../facet.ts';
import { registerKeywords } from '../keyword.ts';
import { leadingInteger } from '../time-and-size.ts';
import { maxThreads } from './bind.ts';
import { parseThreadSet } from './thread-set.ts';

/** By thread number: the processors that it runs on; undefined: all. */
export const cpuMap = new Facet('global.cpu-map', () => ({ byThread: [] as (number[] | undefined)[] }));

const lastCpu = 1023;
const usage =
  "cpu-map expects a process number  ('all', 'odd', 'even', a number from 1 to 64 or a range),  followed by a list of CPU ranges with numbers from 0 to 63.";

registerKeywords({
  scope: 'global',
  name: 'cpu-map',
  syntax: '[auto:]<thread-group>[/<thread-set>] <cpu-set>...',
  doc: 'Which threads run on which processors. Later lines replace earlier ones, thread by thread.',
  manual: '3.1',
  parse: ({ args, target }) => {
    const text = args.next();
    const sets = args.rest();
    if (text === undefined || sets.length === 0) {
      args.alert(usage);
      return;
    }
    const automatic = text.startsWith('auto:');
    const [groupText = '', ...rest] = text.slice(automatic ? 5 : 0).split('/');
    const groups = members(groupText);
    const threads = members(rest.length === 0 ? 'all' : rest.join('/'));
    const cpus = parseCpuSets(sets);
    for (const set of [groups, threads, cpus]) {
      if (typeof set === 'string') {
        args.alert(`cpu-map : ${set}`);
        return;
      }
    }
    if (typeof groups === 'string' || typeof threads === 'string' || typeof cpus === 'string') return;
    if (automatic && groups.length !== cpus.length && threads.length !== cpus.length) {
      args.alert(
        'cpu-map : PROC/THREAD range and CPU sets must have the same size to be automatically bound',
      );
      return;
    }
    // There is one group of threads; what is said of others is about processes that no longer exist.
    if (!groups.includes(1)) return;
    const { byThread } = cpuMap.of(target);
    threads.forEach((thread, position) => {
      if (!automatic) byThread[thread] = cpus;
      else byThread[thread] = [cpus[threads.length === cpus.length ? position : 0] as number];
    });
  },
});

/** The numbers in a set of groups or threads, in order; a text says what is wrong. */
function members(text: string): number[] | string {
  const set = parseThreadSet(text, maxThreads);
  if (typeof set === 'string') return set;
  const ranges = set ?? [{ from: 1, to: maxThreads }];
  return ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
}

/** `0-1 3`: the processors in order; a text says what is wrong. As for HAProxy, what follows a number does not count. */
function parseCpuSets(words: readonly string[]): number[] | string {
  const cpus = new Set<number>();
  for (const word of words) {
    if (!/^[0-9]/.test(word)) return `'${word}' is not a CPU range.`;
    const low = leadingInteger(word);
    const range = /^[0-9]+-(.*)$/.exec(word)?.[1];
    const high = range === undefined ? low : range === '' ? lastCpu : leadingInteger(range);
    if (Math.max(low, high) > lastCpu) return `supports CPU numbers from 0 to ${lastCpu}.`;
    for (let cpu = Math.max(0, Math.min(low, high)); cpu <= Math.max(low, high); cpu++) cpus.add(cpu);
  }
  return [...cpus].sort((a, b) => a - b);
}
