/** Did you mean: the known word that a mistyped one was probably meant to be. Pure. */

/** @returns the closest word, or null when none is close enough to be offered without guessing */
export function nearest(word: string, known: Iterable<string>): string | null {
  const typed = word.toLowerCase();
  let best: string | null = null;
  // Two typing errors at most, and never more than a third of the word: "id" is not a misspelt "sku".
  let bestDistance = Math.min(2, Math.ceil(typed.length / 3)) + 1;

  for (const candidate of known) {
    const distance = editDistance(typed, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** `did you mean "interval"?`, or null. */
export function didYouMean(word: string, known: Iterable<string>): string | null {
  const candidate = nearest(word, known);
  return candidate === null ? null : `did you mean "${candidate}"?`;
}

/** Letters added, left out, replaced, or two neighbours swapped (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= a.length; row++) {
    const above = rows[row - 1] ?? [];
    const line = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      line[column] = Math.min(
        (above[column] ?? 0) + 1,
        (line[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (rows[row - 2]?.[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    rows.push(line);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
