/** Counts records that came back from the recycle bin: who restores one often restores others, of which perhaps nothing tells. */
export interface Restores {
  readonly seen: () => void;
  /** How many were seen, ever. */
  readonly count: () => number;
  /** The bin was read whole after so many. */
  readonly readAfter: (count: number) => void;
  /** Whether the bin is to be read whole because of some. */
  readonly isBinDue: () => boolean;
}

/** Nothing restored yet; what a process forgets at its end, the next whole read of the bin finds. */
export function createRestores(): Restores {
  let [seen, read] = [0, 0];
  return {
    seen: () => void (seen += 1),
    count: () => seen,
    readAfter: (count) => void (read = count),
    isBinDue: () => seen > read,
  };
}
