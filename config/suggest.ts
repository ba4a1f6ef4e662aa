/** Edits (insert, delete, replace, swap of neighbours) that turn one word into the other. */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(replace, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (beforePrevious[j - 2] ?? best) + 1);
      row.push(best);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

const LONGEST_KEY = 64; // a longer word is nobody's slip of the pen, and comparing it would cost time

/** The known word that a person most likely meant, if one is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > LONGEST_KEY) return undefined;
  const wanted = word.toLowerCase();
  const ranked = known
    .map((candidate) => {
      const lower = candidate.toLowerCase();
      const partly = wanted.length >= 3 && (lower.startsWith(wanted) || wanted.startsWith(lower));
      return { candidate, distance: partly ? 1 : editDistance(wanted, lower) };
    })
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.floor(wanted.length / 3)) ? best.candidate : undefined;
}
