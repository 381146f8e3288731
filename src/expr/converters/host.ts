/** The parts of a Host header. Specification: configuration manual 7.3.1 `host_only`, `port_only`; RFC 9110 7.2. */
import { noArguments } from '../argument.ts';
import { registerConverters } from '../converter-record.ts';
import { type Sample, T_INT, T_STR } from '../sample.ts';
import { lowerCased } from './letters.ts';

const COLON = 0x3a;
const CLOSING_BRACKET = 0x5d;

/** Offset of the colon in front of the port, or `end`. */
function colonOf({ u8, start, end }: Sample): number {
  for (let at = end - 1; at >= start; at--) {
    if (u8[at] === COLON) return at;
    // The colons of an IPv6 address stand before its bracket.
    if (u8[at] === CLOSING_BRACKET) return end;
  }
  return end;
}

registerConverters(
  {
    name: 'host_only',
    arguments: noArguments,
    input: T_STR,
    output: T_STR,
    doc: 'The host of a Host header, in lower case.',
    manual: '7.3.1',
    link: () => (sample, scope) => {
      sample.end = colonOf(sample);
      return lowerCased(sample, scope);
    },
  },
  {
    name: 'port_only',
    arguments: noArguments,
    input: T_STR,
    output: T_INT,
    doc: 'The port of a Host header, 0 without one.',
    manual: '7.3.1',
    link: () => (sample) => {
      // Whatever stands there is taken for digits, in 32 bits, as HAProxy does.
      let port = 0;
      for (let at = colonOf(sample) + 1; at < sample.end; at++)
        port = (Math.imul(port, 10) + (sample.u8[at] as number) - 48) | 0;
      return sample.setInt(port >>> 0);
    },
  },
);
