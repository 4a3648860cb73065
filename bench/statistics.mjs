// Medians: one round that something else has disturbed does not move them.

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 0 ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[Math.floor(middle)];
}

/** The median of ratios within a round: what the machine does to both at the time cancels out. Undefined where one was not measured. */
export function medianRatio(values, bases) {
  if (!values?.length || values.length !== bases?.length) return undefined;
  return median(values.map((value, round) => value / bases[round]));
}

/** The median of differences within a round. */
export function medianDifference(values, bases) {
  if (!values?.length || values.length !== bases?.length) return undefined;
  return median(values.map((value, round) => value - bases[round]));
}
