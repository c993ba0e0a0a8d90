import { createRandom as createNumbers } from "@deskmirror/desk-emulator";
import type { Random as Numbers } from "@deskmirror/desk-emulator";

/** Chance that the same seed repeats. */
export interface Random extends Numbers {
  /** One of the names, by weight. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name;
}

/** Numbers from a seed. */
export function createRandom(seed: number): Random {
  const numbers = createNumbers(seed);
  return {
    ...numbers,
    weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
      const names = Object.keys(weights) as Name[];
      let left = numbers.next() * names.reduce((sum, name) => sum + weights[name], 0);
      return names.find((name) => (left -= weights[name]) < 0) ?? names[0]!;
    },
  };
}
