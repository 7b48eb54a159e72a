/**
 * The known key that is nearest to what was written, if they differ by two edits or fewer, or by a
 * third of the word. Upper and lower case count as equal.
 */
export function nearestKey(written: string, known: readonly string[]): string | undefined {
  const folded = written.slice(0, 60).toLowerCase();
  const scored = known.map((key) => ({ key, edits: editDistance(folded, key.toLowerCase()) }));
  const best = scored.sort((a, b) => a.edits - b.edits)[0];
  const allowance = Math.max(2, Math.floor(folded.length / 3));
  return best !== undefined && best.edits <= allowance ? best.key : undefined;
}

/** The Levenshtein distance, computed one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
