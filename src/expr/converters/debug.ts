/**
 * Shows what passes by. Specification: configuration manual 7.3.1 `debug`. Of the sinks, standard output and standard
 * error are there; what goes to the ring `buf0` is for its reader, which the runtime API has not got yet.
 */
import { writeSync } from 'node:fs';
import { takesAtLeast, textOf } from '../argument.ts';
import { cast } from '../casts.ts';
import { registerConverters } from '../converter-record.ts';
import { latin1Text, Sample, T_ANY, T_STR, typeNames } from '../sample.ts';

const DESCRIPTORS: ReadonlyMap<string, number> = new Map([
  ['stdout', 1],
  ['stderr', 2],
]);

registerConverters({
  name: 'debug',
  arguments: takesAtLeast(0, 'string', 'string'),
  input: T_ANY,
  output: T_ANY,
  doc: 'Writes the value, behind a prefix, to stdout, stderr or a ring, and passes it on.',
  manual: '7.3.1',
  check: ([, sink]) => {
    const text = textOf(sink);
    return text === undefined || text === 'buf0' || DESCRIPTORS.has(text)
      ? undefined
      : `No such sink '${text}'`;
  },
  link: ([prefix, sink]) => {
    const before = textOf(prefix) ?? '';
    const descriptor = DESCRIPTORS.get(textOf(sink) ?? '');
    if (descriptor === undefined) return () => true;
    const copy = new Sample();
    return (sample) => {
      copy.copyFrom(sample);
      const text = cast(copy, T_STR) ? latin1Text(copy.u8, copy.start, copy.end) : '';
      const line = `[debug] ${before}: type=${typeNames[sample.type]} <${text}>\n`;
      try {
        writeSync(descriptor, Buffer.from(line, 'latin1'));
      } catch {
        // Nobody reads it, or not fast enough: traffic does not wait for that.
      }
      return true;
    };
  },
});
