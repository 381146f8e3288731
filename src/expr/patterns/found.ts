/** `-m found` and `-m bool`: the sample is there; the sample is true. Specification: configuration manual 7.1.1, 7.1. */
import { T_ANY, T_BOOL } from '../sample.ts';
import { KIND_NONE, registerKeyKinds, SHAPE_BYTES } from './key-kind.ts';
import { registerMatchMethods } from './match-method.ts';
import { ConstantLookup } from './pattern-lookup.ts';

registerKeyKinds({
  kind: KIND_NONE,
  shape: SHAPE_BYTES,
  // Nobody looks for it.
  derive: (_u8, _start, _end, _base, _names, out) => {
    out.hash = 0;
    out.trimStart = 0;
    out.trimEnd = 0;
    out.length = 0;
    return SHAPE_BYTES;
  },
  refusal: () => undefined,
});

registerMatchMethods(
  {
    name: 'found',
    doc: 'There is a value, whatever it is.',
    manual: '7.1',
    input: T_ANY,
    takesAnything: true,
    check: () => undefined,
    lookup: (reference) => new ConstantLookup(reference, KIND_NONE, () => true),
  },
  {
    name: 'bool',
    doc: 'The value is true.',
    manual: '7.1.1',
    input: T_BOOL,
    takesAnything: true,
    check: () => undefined,
    lookup: (reference) => new ConstantLookup(reference, KIND_NONE, (sample) => sample.integer !== 0),
  },
);
