/**
 * Converters that set, unset, append and compare variables. Specification: configuration manual 7.3.1; wording of
 * messages as HAProxy 2.6.
 */
import { timingSafeEqual } from 'node:crypto';
import { type ArgumentValue, takes, takesAtLeast, textOf } from '../argument.ts';
import { cast } from '../casts.ts';
import { type Converter, type ConverterRecord, registerConverters } from '../converter-record.ts';
import { hasBytes, Sample, T_ANY, T_BIN, T_BOOL, T_INT, T_STR } from '../sample.ts';
import type { Scope } from '../scope.ts';
import { ScopedVariable } from '../scoped-variable.ts';
import { nextScratch } from '../scratch.ts';
import { parseVariableName } from '../variable-name.ts';

function nameError(argument: ArgumentValue | undefined): string | undefined {
  const text = textOf(argument) ?? '';
  if (text === '') return 'Empty variable name cannot be accepted';
  const name = parseVariableName(text);
  return 'error' in name ? name.error : undefined;
}

/** The words of converters that take a name among strings. */
function unregistered(text: string): string | undefined {
  return ScopedVariable.of(text) === undefined ? `failed to register variable name '${text}'` : undefined;
}

function variableOf(argument: ArgumentValue | undefined): ScopedVariable {
  const variable = ScopedVariable.of(textOf(argument) ?? '');
  if (variable === undefined) throw new Error('the name of a variable was not checked');
  return variable;
}

/** `value`: the variable's own before the call, if `isSet`. */
type SetCondition = (sample: Sample, value: Sample, isSet: boolean, variable: ScopedVariable) => boolean;

function isEmpty(sample: Sample): boolean {
  return hasBytes(sample.type) && sample.length === 0;
}

function areIntegers(sample: Sample, value: Sample, isSet: boolean): boolean {
  return isSet && sample.type === T_INT && value.type === T_INT;
}

const setConditions: ReadonlyMap<string, SetCondition> = new Map<string, SetCondition>([
  ['ifexists', (_sample, _value, isSet, variable) => isSet || variable.existsAlways],
  ['ifnotexists', (_sample, _value, isSet, variable) => !isSet && !variable.existsAlways],
  ['ifset', (_sample, _value, isSet) => isSet],
  ['ifnotset', (_sample, _value, isSet) => !isSet],
  ['ifempty', (sample) => isEmpty(sample)],
  ['ifnotempty', (sample) => !isEmpty(sample)],
  // What cannot be compared is no obstacle.
  ['ifgt', (sample, value, isSet) => !areIntegers(sample, value, isSet) || value.integer > sample.integer],
  ['iflt', (sample, value, isSet) => !areIntegers(sample, value, isSet) || value.integer < sample.integer],
]);

/** Appends as much as there is room for. Result: the offset behind it. */
function append(area: Uint8Array, at: number, u8: Uint8Array, start: number, end: number): number {
  const length = Math.min(end - start, area.length - at);
  for (let i = 0; i < length; i++) area[at + i] = u8[start + i] as number;
  return at + length;
}

/** The optional variable of `concat` and `add_item`: cast to a string. */
class VariableText {
  private readonly variable: ScopedVariable | undefined;
  readonly value = new Sample();

  constructor(argument: ArgumentValue | undefined) {
    const text = textOf(argument) ?? '';
    this.variable = text === '' ? undefined : ScopedVariable.of(text);
  }

  read(scope: Scope): boolean {
    return this.variable?.get(scope, this.value) === true && cast(this.value, T_STR);
  }
}

function linkConcat([first, name, last]: readonly ArgumentValue[]): Converter {
  const before = Buffer.from(textOf(first) ?? '', 'latin1');
  const variable = new VariableText(name);
  const behind = Buffer.from(textOf(last) ?? '', 'latin1');
  return (sample, scope) => {
    const found = variable.read(scope);
    const area = nextScratch();
    let at = append(area, 0, sample.u8, sample.start, sample.end);
    at = append(area, at, before, 0, before.length);
    if (found) at = append(area, at, variable.value.u8, variable.value.start, variable.value.end);
    at = append(area, at, behind, 0, behind.length);
    return sample.setString(area, 0, at);
  };
}

function linkAddItem([first, name, last]: readonly ArgumentValue[]): Converter {
  const delimiter = Buffer.from(textOf(first) ?? '', 'latin1');
  const variable = new VariableText(name);
  const suffix = Buffer.from(textOf(last) ?? '', 'latin1');
  return (sample, scope) => {
    const found = variable.read(scope);
    const area = nextScratch();
    let at = append(area, 0, sample.u8, sample.start, sample.end);
    // Nothing to add, no delimiter; nothing before it, none either.
    if (at > 0 && ((found && variable.value.length > 0) || suffix.length > 0))
      at = append(area, at, delimiter, 0, delimiter.length);
    if (found) at = append(area, at, variable.value.u8, variable.value.start, variable.value.end);
    at = append(area, at, suffix, 0, suffix.length);
    return sample.setString(area, 0, at);
  };
}

function compareBytes(a: Sample, b: Sample): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a.u8[a.start + i] as number) - (b.u8[b.start + i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function comparing(
  name: string,
  doc: string,
  input: typeof T_STR | typeof T_BIN,
  output: typeof T_INT | typeof T_BOOL,
  compare: (sample: Sample, value: Sample) => true,
): ConverterRecord {
  return {
    name,
    arguments: takes('string'),
    input,
    output,
    doc,
    manual: '7.3.1',
    check: ([variable]) => {
      const text = textOf(variable) ?? '';
      return text === '' ? 'missing variable name' : unregistered(text);
    },
    link: ([argument]) => {
      const variable = variableOf(argument);
      const value = new Sample();
      return (sample, scope) => variable.get(scope, value) && cast(value, input) && compare(sample, value);
    },
  };
}

registerConverters(
  {
    name: 'set-var',
    arguments: takesAtLeast(1, 'string', 'string', 'string', 'string', 'string'),
    input: T_ANY,
    output: T_ANY,
    doc: 'Sets a variable to the value, and gives the value back; with conditions, only if all of them hold.',
    manual: '7.3.1',
    check: ([variable, ...conditions]) => {
      const wrong = nameError(variable);
      if (wrong !== undefined) return wrong;
      for (const condition of conditions) {
        const word = textOf(condition);
        if (word !== undefined && !setConditions.has(word)) return `unknown condition "${word}"`;
      }
      return undefined;
    },
    link: ([argument, ...words]) => {
      const variable = variableOf(argument);
      const conditions = words.flatMap((word) => setConditions.get(textOf(word) ?? '') ?? []);
      if (conditions.length === 0) return (sample, scope) => variable.set(scope, sample);
      const value = new Sample();
      return (sample, scope) => {
        const isSet = variable.get(scope, value);
        for (let i = 0; i < conditions.length; i++)
          if (!(conditions[i] as SetCondition)(sample, value, isSet, variable)) return false;
        return variable.set(scope, sample);
      };
    },
  },
  {
    name: 'unset-var',
    arguments: takes('string'),
    input: T_ANY,
    output: T_ANY,
    doc: 'Unsets a variable, and gives the value back.',
    manual: '7.3.1',
    check: ([variable]) => nameError(variable),
    link: ([argument]) => {
      const variable = variableOf(argument);
      return (_sample, scope) => variable.unset(scope);
    },
  },
  {
    name: 'concat',
    arguments: takesAtLeast(1, 'string', 'string', 'string'),
    input: T_STR,
    output: T_STR,
    doc: 'With a text, the value of a variable, and another text behind it.',
    manual: '7.3.1',
    check: ([, variable]) => {
      const text = textOf(variable) ?? '';
      return text === '' ? undefined : unregistered(text);
    },
    link: linkConcat,
  },
  {
    name: 'add_item',
    arguments: takesAtLeast(2, 'string', 'string', 'string'),
    input: T_STR,
    output: T_STR,
    doc: 'With the value of a variable and a text behind it, after a delimiter where something stands before.',
    manual: '7.3.1',
    check: ([, variable, suffix]) => {
      const text = textOf(variable) ?? '';
      const wrong = text === '' ? undefined : unregistered(text);
      if (wrong !== undefined) return wrong;
      return text === '' && (textOf(suffix) ?? '') === ''
        ? 'one of the optional arguments has to be nonempty'
        : undefined;
    },
    link: linkAddItem,
  },
  comparing(
    'strcmp',
    'How it compares with a variable: below zero, zero, or above.',
    T_STR,
    T_INT,
    (sample, value) => sample.setInt(compareBytes(sample, value) || Math.sign(sample.length - value.length)),
  ),
  comparing(
    'secure_memcmp',
    'Whether it is the same as a variable, in time that does not tell where they differ.',
    T_BIN,
    T_BOOL,
    (sample, value) => {
      if (sample.length !== value.length) return sample.setBool(false);
      return sample.setBool(
        timingSafeEqual(
          sample.u8.subarray(sample.start, sample.end),
          value.u8.subarray(value.start, value.end),
        ),
      );
    },
  ),
  {
    name: 'iif',
    arguments: takes('string', 'string'),
    input: T_BOOL,
    output: T_STR,
    doc: 'One text if it is true, another one if not.',
    manual: '7.3.1',
    link: ([yes, no]) => {
      const whenTrue = Buffer.from(textOf(yes) ?? '', 'latin1');
      const whenFalse = Buffer.from(textOf(no) ?? '', 'latin1');
      return (sample) => sample.setBytes(T_STR, sample.integer === 0 ? whenFalse : whenTrue);
    },
  },
);
