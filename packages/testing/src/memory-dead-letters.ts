import type { DeadLetter } from "@deskmirror/model";
import type { DeadLetters } from "@deskmirror/redis";

/** Letters of all processes in one, and what they are. */
export interface MemoryDeadLetters extends Pick<DeadLetters, "add" | "refusedRows"> {
  readonly all: () => readonly DeadLetter[];
}

/** Keeps letters for good, one for each id: the one with most attempts. */
export function createMemoryDeadLetters(): MemoryDeadLetters {
  const letters = new Map<string, DeadLetter>();
  return {
    all: () => [...letters.values()],
    async add(added) {
      for (const letter of added) {
        const known = letters.get(letter.id);
        if (known === undefined || known.attempts < letter.attempts) letters.set(letter.id, letter);
      }
    },
    async refusedRows(source) {
      const rows = [...letters.values()].filter((letter) => letter.source === source && letter.id.startsWith("pull:"));
      const tables = Map.groupBy(rows, ({ table }) => table ?? "");
      return new Map([...tables].map(([table, { length }]) => [table, length]));
    },
  };
}
