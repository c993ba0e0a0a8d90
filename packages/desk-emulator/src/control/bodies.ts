import { z } from "zod";
import { faultKinds, hidings } from "../faults.ts";
import { defaultSettings } from "../settings.ts";
import { tableNames, type StoredTable } from "../tables/names.ts";
import { forgeries } from "../webhooks/signer.ts";

/** Bodies of the control space. */
export const codeBody = z.object({ scopes: z.array(z.string()).optional() });

/** Moves the clock. */
export const clockBody = z.object({ advanceMs: z.number().nonnegative() });

/** Adds a fault, takes scopes and departments away, or hides records from lists. */
export const faultBody = z.object({
  kind: z.enum(faultKinds).optional(),
  match: z.string().optional(),
  times: z.number().int().positive().optional(),
  probability: z.number().min(0).max(1).optional(),
  delayMs: z.number().nonnegative().optional(),
  revokeScopes: z.array(z.string()).optional(),
  loseDepartments: z.array(z.string()).optional(),
  hideFromLists: z.enum(hidings).optional(),
});

/** Starts a workload, or makes a number of changes at once. */
export const workloadBody = z.object({
  changesPerSecond: z.number().nonnegative().default(0),
  changes: z.number().int().nonnegative().default(0),
  mix: z.record(z.string(), z.number()).optional(),
});

/** Controls of the webhook sender. */
export const senderBody = z.object({
  set: z
    .object({
      dropRate: z.number().min(0).max(1),
      duplicateRate: z.number().min(0).max(1),
      shuffle: z.boolean(),
      shuffleWindowMs: z.number().positive(),
      delayMs: z.number().nonnegative(),
    })
    .partial()
    .optional(),
  dropNext: z.number().int().optional(),
  duplicateNext: z.number().int().optional(),
  delayNext: z.object({ count: z.number().int(), delayMs: z.number() }).optional(),
  reorderNext: z.number().int().optional(),
  forgeNext: z.object({ count: z.number().int(), forgery: z.enum(forgeries) }).optional(),
  rotateKey: z.object({ dropOld: z.boolean().default(false) }).optional(),
  sendRaw: z.object({ webhookId: z.string(), body: z.string() }).optional(),
});

/** Changes settings and limits. */
export const settingsBody = z.object({
  settings: z
    .record(z.string(), z.unknown())
    .refine((settings) => Object.keys(settings).every((name) => name in defaultSettings), { error: "unknown setting" })
    .optional(),
  latencyMs: z.number().nonnegative().optional(),
  indexLagMs: z.number().nonnegative().optional(),
  dailyCredits: z.number().nonnegative().optional(),
  concurrency: z.number().int().positive().optional(),
});

/** A table to read. */
export const tableParameter = z.enum(tableNames);

/** A table to write. */
export const storedTableParameter = tableParameter.exclude(["archived_tickets"]).transform((name): StoredTable => name);

/** Makes a record. */
export const createBody = z.object({ fields: z.record(z.string(), z.json()), parentId: z.string().optional() });

/** Changes a record. */
export const actionBody = z.discriminatedUnion("do", [
  z.object({ do: z.literal("update"), fields: z.record(z.string(), z.json()) }),
  z.object({ do: z.literal("delete") }),
  z.object({ do: z.literal("restore") }),
  z.object({ do: z.literal("purge") }),
  z.object({ do: z.literal("archive") }),
  z.object({ do: z.literal("move"), departmentId: z.string() }),
]);
