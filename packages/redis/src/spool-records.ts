import type { Redis } from "ioredis";
import { z } from "zod";
import { ask } from "./ask.ts";
import { sourceKey } from "./keys.ts";

/** What a spool segment holds of a source that is not yet confirmed in the queue. */
export interface SpoolRecord {
  readonly instance: string;
  readonly segment: string;
  readonly groups: number;
  readonly events: number;
}

const stored = z.object({
  instance: z.string(),
  segment: z.string(),
  groups: z.number(),
  events: z.number(),
  lost: z.boolean(),
});

/** A record as kept: `lost` when its segment vanished undrained. */
export type StoredSpoolRecord = SpoolRecord & { readonly lost: boolean };

/** Records of a source, lost ones too, in the order of their segments. */
export async function readSpool(client: Redis, source: string): Promise<readonly StoredSpoolRecord[]> {
  const texts = await ask(client.hvals(sourceKey(source, "spool")));
  const records = texts.map((text) => stored.parse(JSON.parse(text)));
  return records.toSorted((left, right) => fieldOf(left).localeCompare(fieldOf(right), "en", { numeric: true }));
}

/** Writes what a segment holds now, in place of what was written of it before. */
export async function writeSpool(client: Redis, source: string, record: StoredSpoolRecord): Promise<void> {
  await ask(client.hset(sourceKey(source, "spool"), fieldOf(record), JSON.stringify(record)));
}

/** Forgets a segment. */
export async function removeSpool(client: Redis, source: string, record: Segment): Promise<void> {
  await ask(client.hdel(sourceKey(source, "spool"), fieldOf(record)));
}

type Segment = Pick<SpoolRecord, "instance" | "segment">;

function fieldOf({ instance, segment }: Segment): string {
  return `${instance}/${segment}`;
}
