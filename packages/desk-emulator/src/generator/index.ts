import { createRandom, mixSeed } from "../random.ts";
import { tableNames, type StoredTable } from "../tables/names.ts";
import { generateCatalogue } from "./catalogue.ts";
import { generateConfiguration } from "./configuration.ts";
import { generateOrganization } from "./organization.ts";
import { generatePeople } from "./people.ts";
import { generateTickets } from "./tickets.ts";
import type { GeneratorOptions, World } from "./world.ts";

const twoYearsMs = 730 * 86_400_000;

/** Fills a store with an organization; the same seed and clock give the same one. */
export function generate(options: GeneratorOptions): void {
  let seq = 1_000_000;
  const world: World = {
    ...options,
    random: createRandom(mixSeed(options.seed, 42)),
    startMs: options.endMs - twoYearsMs,
    ids: Object.fromEntries(tableNames.map((table) => [table, []])) as unknown as Record<StoredTable, string[]>,
    nextSeq() {
      seq += 1;
      return seq;
    },
  };
  generateOrganization(world);
  generateConfiguration(world);
  generatePeople(world);
  generateCatalogue(world);
  generateTickets(world);
}
