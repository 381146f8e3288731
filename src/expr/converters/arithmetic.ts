/**
 * Arithmetic and bits of signed 64-bit integers. What does not fit stops at the ends of the range. The second operand
 * is a number or a variable. Specification: configuration manual 7.3.1; limits as observed on HAProxy 2.6.
 */
import { noArguments, takes, textOf } from '../argument.ts';
import { cast } from '../casts.ts';
import { type ConverterRecord, registerConverters } from '../converter-record.ts';
import { INT64_MAX, INT64_MIN, type Int64, isSafe, normal, readInt64, saturated } from '../int64.ts';
import { Sample, T_BOOL, T_INT } from '../sample.ts';
import { ScopedVariable } from '../scoped-variable.ts';

type Operation = (a: Int64, b: Int64) => Int64;

/**
 * The sum of two negative numbers as HAProxy 2.6.12 has it: its check for an overflow is turned round there, so that a
 * sum within the range becomes the largest integer. Configurations that work have learned to live with it.
 */
function addNegative(a: Int64, b: Int64): Int64 {
  return BigInt(a) + BigInt(b) < INT64_MIN ? INT64_MIN : INT64_MAX;
}

function add(a: Int64, b: Int64): Int64 {
  if (a < 0 && b < 0) return addNegative(a, b);
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (isSafe(sum)) return sum;
  }
  return saturated(BigInt(a) + BigInt(b));
}

function subtract(a: Int64, b: Int64): Int64 {
  if (a < 0 && b > 0) return addNegative(a, -b);
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (isSafe(difference)) return difference;
  }
  return saturated(BigInt(a) - BigInt(b));
}

function multiply(a: Int64, b: Int64): Int64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    // Zero has no sign.
    if (isSafe(product)) return product + 0;
  }
  return saturated(BigInt(a) * BigInt(b));
}

function divide(a: Int64, b: Int64): Int64 {
  if (b === 0) return INT64_MAX;
  if (typeof a === 'number' && typeof b === 'number') return Math.trunc(a / b) + 0;
  return saturated(BigInt(a) / BigInt(b));
}

function remainder(a: Int64, b: Int64): Int64 {
  if (b === 0) return 0;
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0;
  return normal(BigInt(a) % BigInt(b));
}

function isShort(a: Int64): a is number {
  return a === (Number(a) | 0);
}

function and(a: Int64, b: Int64): Int64 {
  return isShort(a) && isShort(b) ? a & b : normal(BigInt(a) & BigInt(b));
}

function or(a: Int64, b: Int64): Int64 {
  return isShort(a) && isShort(b) ? a | b : normal(BigInt(a) | BigInt(b));
}

function xor(a: Int64, b: Int64): Int64 {
  return isShort(a) && isShort(b) ? a ^ b : normal(BigInt(a) ^ BigInt(b));
}

function withOperand(name: string, operate: Operation, doc: string): ConverterRecord {
  return {
    name,
    arguments: takes('string'),
    input: T_INT,
    output: T_INT,
    doc,
    manual: '7.3.1',
    check: ([operand]) => {
      const text = textOf(operand) ?? '';
      if (readInt64(text) !== undefined || ScopedVariable.of(text) !== undefined) return undefined;
      return 'expects an integer or a variable name';
    },
    link: ([operand]) => {
      const text = textOf(operand) ?? '';
      const variable = ScopedVariable.of(text);
      if (variable === undefined) {
        const constant = readInt64(text) ?? 0;
        return (sample) => sample.setInt(operate(sample.integer, constant));
      }
      const value = new Sample();
      return (sample, scope) => {
        if (!variable.get(scope, value) || !cast(value, T_INT)) return false;
        return sample.setInt(operate(sample.integer, value.integer));
      };
    },
  };
}

function alone(name: string, operate: (a: Int64) => Int64, doc: string): ConverterRecord {
  return {
    name,
    arguments: noArguments,
    input: T_INT,
    output: T_INT,
    doc,
    manual: '7.3.1',
    link: () => (sample) => sample.setInt(operate(sample.integer)),
  };
}

function test(name: string, holds: (a: Int64) => boolean, doc: string): ConverterRecord {
  return {
    name,
    arguments: noArguments,
    input: T_INT,
    output: T_BOOL,
    doc,
    manual: '7.3.1',
    link: () => (sample) => sample.setBool(holds(sample.integer)),
  };
}

function isOdd(a: Int64): boolean {
  return typeof a === 'number' ? a % 2 !== 0 : (a & 1n) === 1n;
}

registerConverters(
  withOperand('add', add, 'The sum with an integer or a variable.'),
  withOperand('sub', subtract, 'What is left when an integer or a variable is taken away.'),
  withOperand('mul', multiply, 'The product with an integer or a variable.'),
  withOperand('div', divide, 'The quotient, towards zero. Divided by zero: the largest integer.'),
  withOperand('mod', remainder, 'The remainder of the division, with the sign of the input. By zero: zero.'),
  withOperand('and', and, 'The bits that both have.'),
  withOperand('or', or, 'The bits that either has.'),
  withOperand('xor', xor, 'The bits that one of both has.'),
  alone('neg', (a) => subtract(0, a), 'The same with the other sign.'),
  alone('cpl', (a) => normal(~BigInt(a)), 'All bits turned.'),
  test('bool', (a) => a !== 0, 'Whether it is not zero.'),
  test('not', (a) => a === 0, 'Whether it is zero.'),
  test('odd', isOdd, 'Whether it is odd.'),
  test('even', (a) => !isOdd(a), 'Whether it is even.'),
);
