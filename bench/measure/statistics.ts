// Owns: medians and ratios over rounds.
// Must not: know where the numbers come from.

export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export interface Ratio {
  median: number;
  min: number;
  max: number;
}

/**
 * Ratios are taken round by round, between slices that ran one after the other, so that what disturbs the machine
 * for a while disturbs both sides of a ratio.
 */
export function ratioOverRounds(own: readonly number[], other: readonly number[]): Ratio {
  const ratios: number[] = [];
  for (let i = 0; i < Math.min(own.length, other.length); i++) ratios.push(own[i]! / other[i]!);
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
}
