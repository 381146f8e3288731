/** Regular expressions of rules, compiled once. The parsers of the rules have already refused those that cannot be. */
import { compilePattern, type PatternFlags } from '../../expr/regular-expression.ts';

const compiled = new Map<string, RegExp>();

export function expressionOf(pattern: string, flags: PatternFlags = {}): RegExp {
  const key = `${flags.ignoreCase === true ? 'i' : ''}/${pattern}`;
  let expression = compiled.get(key);
  if (expression === undefined) {
    const result = compilePattern(pattern, flags);
    if (!result.ok) throw new Error(`a regular expression that was not checked: ${pattern}`);
    expression = result.expression;
    compiled.set(key, expression);
  }
  return expression;
}
