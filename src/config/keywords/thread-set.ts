/** Sets of threads as `bind thread`, `bind process` and `thread-group` write them: all, odd, even, N, N-M. */

/** The set as ranges, undefined for all; a text says what is wrong. */
export function parseThreadSet(
  text: string,
  max: number,
): { from: number; to: number }[] | undefined | string {
  if (text === 'all') return undefined;
  if (text === 'odd' || text === 'even') {
    const first = text === 'odd' ? 1 : 2;
    return Array.from({ length: max / 2 }, (_, i) => ({ from: first + 2 * i, to: first + 2 * i }));
  }
  const match = /^([0-9]*)(?:-([0-9]*))?$/.exec(text);
  if (match === null) return `'${text}' is not a valid number/range.`;
  const from = Number(match[1]);
  const to = match[2] === undefined ? from : match[2] === '' ? max : Number(match[2]);
  if (from < 1 || from > max || to < 1 || to > max) {
    return `'${text}' is not a valid number/range. It supports numbers from 1 to ${max}.`;
  }
  return [{ from: Math.min(from, to), to: Math.max(from, to) }];
}
