/** How items are put together. */
export interface GroupCommitOptions<T> {
  /** Stores the items together, all or none. */
  readonly write: (items: readonly T[]) => Promise<void>;
  readonly maxItems: number;
  readonly maxBytes: number;
  /** Bytes of one item; a larger one than `maxBytes` is written alone. */
  readonly size: (item: T) => number;
}

/** Writes what arrives while the previous write is in flight together: no delay at low load, large groups at high load. */
export interface GroupCommit<T> {
  /** Resolves when the item is written; rejects with what its group's write threw. */
  add(item: T): Promise<void>;
  /** Resolves when all that was added so far is written. */
  drain(): Promise<void>;
}

interface Entry<T> {
  readonly item: T;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** One write at a time, in the order of arrival. */
export function createGroupCommit<T>(options: GroupCommitOptions<T>): GroupCommit<T> {
  const waiting: Entry<T>[] = [];
  let writing: Promise<void> | null = null;

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.splice(0, groupLength(waiting, options));
      try {
        await options.write(group.map(({ item }) => item));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    writing = null;
  }

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        writing ??= writeAll();
      }),
    drain: async () => {
      await writing;
    },
  };
}

function groupLength<T>(waiting: readonly Entry<T>[], { maxItems, maxBytes, size }: GroupCommitOptions<T>): number {
  let bytes = 0;
  const end = waiting.findIndex(({ item }, index) => {
    bytes += size(item);
    return index > 0 && (index >= maxItems || bytes > maxBytes);
  });
  return end === -1 ? waiting.length : end;
}
