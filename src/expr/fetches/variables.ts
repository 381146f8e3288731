/** `var`: a variable's value, or the default that is given. Specification: configuration manual 7.3.2 `var`. */
import { takesAtLeast, textOf } from '../argument.ts';
import { type Fetch, registerFetches } from '../fetch-record.ts';
import { T_ANY, T_STR } from '../sample.ts';
import { ScopedVariable } from '../scoped-variable.ts';
import { parseVariableName } from '../variable-name.ts';

registerFetches({
  name: 'var',
  arguments: takesAtLeast(1, 'string', 'string'),
  type: T_ANY,
  layers: ['constant'],
  doc: 'The value of the variable; where it is not set, the default.',
  manual: '7.3.2',
  check: ([name]) => {
    const parsed = parseVariableName(textOf(name) ?? '');
    return 'error' in parsed ? parsed.error : undefined;
  },
  link: ([name, fallback]): Fetch => {
    const variable = ScopedVariable.of(textOf(name) ?? '');
    const text = textOf(fallback);
    const bytes = text === undefined ? null : Buffer.from(text, 'latin1');
    return (scope, sample) => {
      if (variable?.get(scope, sample) === true) return true;
      return bytes !== null && sample.setBytes(T_STR, bytes);
    };
  },
});
