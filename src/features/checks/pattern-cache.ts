/** Regular expressions of rules over latin1 texts, compiled once. The parsers of the rules have refused those that are none. */
import { compileRegex, type Regex } from '../../expr/regex/regex.ts';

const compiled = new Map<string, Regex>();

export function matchesPattern(pattern: string, text: string, ignoreCase = false): boolean {
  const key = `${ignoreCase ? 'i' : ''}/${pattern}`;
  let regex = compiled.get(key);
  if (regex === undefined) {
    const result = compileRegex(pattern, ignoreCase);
    if ('error' in result) throw new Error(`a regular expression that was not checked: ${result.error}`);
    regex = result;
    compiled.set(key, regex);
  }
  const bytes = Buffer.from(text, 'latin1');
  return regex.test(bytes, 0, bytes.length);
}
