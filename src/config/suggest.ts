/**
 * "Did you mean": the known word that is nearest to an unknown one, where one is near enough to be worth saying.
 * Distance: insertions, removals, replacements and swaps of neighbours (optimal string alignment), without case.
 */

/** The nearest of `candidates`, or undefined when none is near. */
export function nearestWord(unknown: string, candidates: Iterable<string>): string | undefined {
  const wanted = unknown.toLowerCase();
  let best: string | undefined;
  let bestScore = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const lower = candidate.toLowerCase();
    // Who stopped typing in the middle meant the whole word.
    const started = wanted.length >= 4 && lower.startsWith(wanted);
    const length = Math.max(wanted.length, lower.length);
    const distance = editDistance(wanted, lower);
    // One letter in three may be wrong, in long words one in four.
    const allowed = Math.max(1, Math.floor(length / (length < 9 ? 3 : 4)));
    if (!started && (distance > allowed || distance >= length)) continue;
    const score = distance / length;
    if (score < bestScore) {
      best = candidate;
      bestScore = score;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a.charAt(i - 1) === b.charAt(j - 1) ? 0 : 1;
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && a.charAt(i - 1) === b.charAt(j - 2) && a.charAt(i - 2) === b.charAt(j - 1)) {
        cost = Math.min(cost, beforeLast[j - 2]! + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
