import { DATA_CENTERS } from "@deskmirror/model";
import type { DataSource, Gap } from "@deskmirror/model";
import { z } from "zod";
import { registryEntrySchema } from "./registry-entry.ts";

const dataSource: z.ZodType<DataSource> = z.object({
  name: z.string(),
  orgId: z.string(),
  dataCenter: z.enum(DATA_CENTERS),
  clientId: z.string(),
  clientSecret: z.string(),
  refreshToken: z.string().nullable(),
  scopes: z.array(z.string()).nullable(),
  mode: z.enum(["document", "csv"]),
  increment: z.literal("webhook"),
  tables: z.array(z.string()).nullable(),
  sinkUrl: z.string().nullable(),
  signature: z.enum(["require", "verify", "off"]),
  throttle: z.object({
    concurrency: z.number().nullable(),
    reserve: z.number(),
    dailyCredits: z.number().nullable(),
  }),
  reconcileSeconds: z.number().nullable(),
  compareSeconds: z.number().nullable(),
  sweepHours: z.number().nullable(),
  accountsUrl: z.string().nullable(),
  deskUrl: z.string().nullable(),
  serviceKey: z.string(),
  webhookId: z.string().nullable(),
  paused: z.boolean(),
  pulls: z.record(z.string(), z.number()),
  createdMs: z.number(),
});

const retiredKey = z.object({ keyHash: z.string(), graceUntilMs: z.number() });

/** What is sealed of a source: the source, the keys it had before, and the public keys its webhooks are signed with. */
export const sourceFileSchema = z.object({
  source: dataSource,
  retired: z.array(retiredKey),
  jwks: registryEntrySchema.shape.jwks,
});

/** A sealed source, opened. */
export type SourceFile = z.infer<typeof sourceFileSchema>;

/** What is sealed of the keys of removed sources. */
export const removedKeysSchema = z
  .array(z.object({ keyHash: z.string(), source: z.string(), orgId: z.string() }))
  .default([]);

/** Keys of removed sources, opened. */
export type RemovedKeys = z.infer<typeof removedKeysSchema>;

/** What is sealed of a removed source until its webhook is removed at Zoho too. Times in ms. */
export const removalSchema = z.object({ source: dataSource, sinceMs: z.number(), nextMs: z.number() });

/** A webhook to remove at Zoho, not before `nextMs`: its source was removed at `sinceMs`. */
export type Removal = Readonly<z.infer<typeof removalSchema>>;

/** What is sealed of the last look at Redis that found the published sources. Times in ms. */
export const seenSchema = z
  .object({ seenMs: z.number(), oldestMs: z.record(z.string(), z.number()) })
  .nullable()
  .default(null);

/** When Redis was last seen to hold the sources, and the acceptance of the oldest event in flight then, by source. */
export type Seen = NonNullable<z.infer<typeof seenSchema>>;

/**
 * What is sealed of the vault's own history: a name that every vault gets once, and the number of changes since. Two vaults of one name are
 * one vault at two times, and the number tells which is the later.
 */
export const stampSchema = z.object({ name: z.string(), changes: z.number() });

/** Which vault it is, and how often it was changed. */
export type Stamp = Readonly<z.infer<typeof stampSchema>>;

const gap: z.ZodType<Gap> = z.object({
  fromMs: z.number(),
  toMs: z.number().nullable(),
  reason: z.string(),
  state: z.enum(["open", "closed"]),
});

/** What is sealed of the gaps of a source. */
export const gapsFileSchema = z.object({ source: z.string(), gaps: z.array(gap) });
