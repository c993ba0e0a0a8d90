/** Tickets that an import made within a short time. */
export interface Crowd {
  readonly tickets: number;
  /** Milliseconds from the first to the last; 0: all at the same instant. */
  readonly withinMs: number;
  /** Whether all of them are of one department; else of any. */
  readonly inOneDepartment?: boolean;
}

/** A ticket's place in a crowd. */
export interface CrowdPlace {
  readonly crowd: Crowd;
  /** Milliseconds after the crowd's first ticket. */
  readonly afterMs: number;
}

/** Where a ticket, by its index, stands in a crowd; null for the others. The crowds are spread evenly over the tickets. */
export function placeInCrowds(tickets: number, crowds: readonly Crowd[]): (index: number) => CrowdPlace | null {
  const gap = Math.floor((tickets - crowds.reduce((sum, crowd) => sum + crowd.tickets, 0)) / (crowds.length + 1));
  if (gap < 0) throw new RangeError(`crowds hold more than the ${tickets} tickets there are`);
  let next = 0;
  const starts = crowds.map((crowd) => {
    const start = next + gap;
    next = start + crowd.tickets;
    return { crowd, start };
  });
  return (index) => {
    const found = starts.find(({ crowd, start }) => index >= start && index < start + crowd.tickets);
    if (found === undefined) return null;
    const { crowd, start } = found;
    return { crowd, afterMs: Math.floor(((index - start) * (crowd.withinMs + 1)) / crowd.tickets) };
  };
}
