/**
 * The candidates that look most like `name`, best first, at most `max`; empty if none is near. Near means an edit distance
 * (insert, delete, replace, swap of neighbours; case ignored) of at most two fifths of the longer spelling, or one containing the
 * other; what begins with `name` counts as nearer. Ties keep the order of `candidates`. For "did you mean" hints; quadratic in the lengths of the names.
 */
export function nearest(name: string, candidates: readonly string[], max = 3): string[] {
  const wanted = name.toLowerCase();
  return candidates
    .map((candidate) => ({ candidate, rank: rank(wanted, candidate.toLowerCase()) }))
    .filter(({ rank: r }) => r < Infinity)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, max)
    .map(({ candidate }) => candidate);
}

/**
 * A hint for a name that does not exist: `did you mean v5.18 or v5.19?`, else `one of: …`, all of them up to twelve.
 * `many` says where the rest is listed, such as `lostwrite list kernels`.
 */
export function suggest(name: string, candidates: readonly string[], many = ''): string {
  const near = nearest(name, candidates);
  const listed = many === '' ? '' : ` (${many} shows all)`;
  if (near.length > 0) return `did you mean ${either(near)}?${listed}`;
  if (candidates.length === 0) return 'there is none';
  if (candidates.length <= 12) return `one of: ${candidates.join(', ')}`;
  return `one of: ${candidates.slice(0, 12).join(', ')}, ...${listed}`;
}

function either(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

function rank(wanted: string, candidate: string): number {
  const distance = editDistance(wanted, candidate);
  if (distance <= Math.max(wanted.length, candidate.length) * 0.4)
    return candidate.startsWith(wanted) ? distance / 2 : distance;
  if (wanted.length >= 3 && (candidate.includes(wanted) || wanted.includes(candidate))) return 100 + distance;
  return Infinity;
}

/** Optimal string alignment distance, three rows at a time. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(replace, last[j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, beforeLast[j - 2]! + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
