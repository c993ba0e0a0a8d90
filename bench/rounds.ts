/** Something whose rate is measured; gives events a second. */
export type Measure = () => Promise<number>;

/** Measures each in turn, round after round, so that whatever else the machine does falls on all alike; gives medians. */
export async function inRounds<Name extends string>(
  rounds: number,
  measures: Readonly<Record<Name, Measure>>,
): Promise<Readonly<Record<Name, number>>> {
  const names = Object.keys(measures) as Name[];
  const rates = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (const name of names) await measures[name](); // once to warm up
  for (let round = 0; round < rounds; round++) {
    for (const name of names) rates[name].push(await measures[name]());
    process.stderr.write(".");
  }
  process.stderr.write("\n");
  return Object.fromEntries(names.map((name) => [name, median(rates[name])])) as Record<Name, number>;
}

/** The middle value; of an even number of them the lower one. */
export function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
