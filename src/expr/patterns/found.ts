/** `-m found` and `-m bool`: the sample is there; the sample is true. Specification: configuration manual 7.1.1, 7.1. */
import { type Sample, T_ANY, T_BOOL } from '../sample.ts';
import { IndexView } from './index-view.ts';
import { KIND_NONE, registerKeyKinds, SHAPE_BYTES } from './key-kind.ts';
import { registerMatchMethods } from './match-method.ts';
import { PatternLookup } from './pattern-lookup.ts';
import type { PatternReference } from './pattern-reference.ts';

registerKeyKinds({
  kind: KIND_NONE,
  shape: SHAPE_BYTES,
  // Nobody looks for it.
  derive: (_u8, _start, _end, _base, _names, out) => {
    out.hash = 0;
    out.trimStart = 0;
    out.trimEnd = 0;
    out.length = 0;
    out.firstByte = -1;
    out.lastByte = -1;
    return SHAPE_BYTES;
  },
  refusal: () => undefined,
});

/** Whatever patterns there are, they are not looked at. */
function constant(reference: PatternReference, holds: (sample: Sample) => boolean): PatternLookup {
  const finder = { find: (sample: Sample) => (holds(sample) ? 1 : 0) };
  return new PatternLookup(new IndexView(reference, KIND_NONE), finder, false);
}

registerMatchMethods(
  {
    name: 'found',
    doc: 'There is a value, whatever it is.',
    manual: '7.1',
    input: T_ANY,
    takesAnything: true,
    check: () => undefined,
    lookup: (reference) => constant(reference, () => true),
  },
  {
    name: 'bool',
    doc: 'The value is true.',
    manual: '7.1.1',
    input: T_BOOL,
    takesAnything: true,
    check: () => undefined,
    lookup: (reference) => constant(reference, (sample) => sample.integer !== 0),
  },
);
