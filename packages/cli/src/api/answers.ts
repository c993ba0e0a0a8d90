import * as z from "zod";
import { refusal } from "./api-error.ts";

const maybeText = z.string().nullable();
const count = z.number();

/** An answer whose content is not looked at. */
export const anything = z.unknown();

/** A data source; `serviceUrl` where one is shown, `warnings` where one was made. */
export const source = z.object({
  name: z.string(),
  orgId: z.string(),
  dataCenter: z.string(),
  clientId: z.string(),
  mode: z.string(),
  tables: z.array(z.string()).nullable(),
  sinkUrl: z.string(),
  signature: z.string(),
  throttle: z.object({ concurrency: z.number().nullable(), reserve: z.number(), dailyCredits: z.number().nullable() }),
  reconcileSeconds: z.number().nullable(),
  compareSeconds: z.number().nullable(),
  sweepHours: z.number().nullable(),
  webhookId: maybeText,
  paused: z.boolean(),
  authorized: z.boolean(),
  createdAt: z.string(),
  serviceUrl: z.string().optional(),
  warnings: z.array(z.string()).default([]),
});
export type Source = z.output<typeof source>;

export const sources = z.object({ items: z.array(source) });

export const webhook = z.object({ id: maybeText, state: z.string(), events: z.array(z.string()).default([]) });

export const started = z.object({ runId: z.string() });

/** Work in the background; its result depends on its kind. */
export const run = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.enum(["running", "done", "failed"]),
  startedAt: z.string(),
  result: z.unknown(),
});
export type Run = z.output<typeof run>;

/** The result of a run that failed. */
export const failed = refusal;

/** The result of `pull` and `reconcile`. */
export const readTables = z.object({
  tables: z.array(
    z.object({ name: z.string(), state: z.string(), rows: count, calls: count, credits: count, message: maybeText }),
  ),
});

/** The result of `verify`. */
export const verdict = z.object({
  equal: z.boolean(),
  looks: count,
  tables: z.array(
    z.object({
      name: z.string(),
      source: count,
      sink: count,
      detailDue: count,
      missing: z.array(z.string()),
      extra: z.array(z.string()),
      different: z.array(z.string()),
    }),
  ),
});
export type Verdict = z.output<typeof verdict>;

/** The result of `test`, and what `doctor` finds. */
export const checks = z.object({
  checks: z.array(
    z.object({ name: z.string(), state: z.enum(["ok", "warn", "fail"]), message: z.string(), hint: maybeText }),
  ),
});
export type Check = z.output<typeof checks>["checks"][number];

export const plan = z.object({
  tables: z.array(z.object({ name: z.string(), rows: count.nullable(), calls: count, credits: count, seconds: count })),
  credits: count,
  seconds: count,
});

const table = z.object({
  name: z.string(),
  state: z.string(),
  rows: count,
  expected: count.nullable(),
  full: count,
  deleted: count,
  lastChangeAt: maybeText,
  lagMs: count.nullable(),
  pull: z.object({ state: z.string(), startedAt: z.string() }).nullable(),
  message: maybeText,
});
export type TableStatus = z.output<typeof table>;

export const status = z.object({
  name: z.string(),
  state: z.string(),
  since: z.string(),
  message: maybeText.default(null),
  tables: z.array(table),
  webhook: z.object({ id: maybeText, state: z.string(), message: maybeText, lastDeliveryAt: maybeText }),
  credits: z.object({
    limit: count.nullable(),
    remaining: count.nullable(),
    reserve: count,
    spentToday: z.record(z.string(), count),
    waitUntil: maybeText.default(null),
  }),
  gaps: z.array(z.object({ from: z.string(), to: maybeText, reason: z.string(), state: z.string() })),
  ledger: z.object({
    accepted: count,
    applied: count,
    superseded: count,
    filtered: count,
    deadLettered: count,
    inFlight: count,
    unaccounted: count,
  }),
});
export type Status = z.output<typeof status>;

const letter = z.object({
  id: z.string(),
  source: z.string(),
  receivedAt: z.string(),
  eventType: maybeText,
  table: maybeText,
  key: maybeText,
  reason: z.string(),
  message: z.string(),
  attempts: count,
  size: count,
});

export const deadLetter = z.object({ ...letter.shape, body: z.string() });
export const deadLetters = z.object({ items: z.array(letter), next: maybeText });

/** What the replay of a selection did. */
export const replayed = z.object({
  dryRun: z.boolean(),
  matched: count,
  replayed: count,
  failed: z.array(z.object({ id: z.string(), message: z.string() })),
});

export const deletes = z.object({
  items: z.array(z.object({ table: z.string(), count, ids: z.array(z.string()), since: z.string() })),
});

/** `/readyz` of sync. */
export const readiness = z.object({
  checks: z.record(z.string(), z.object({ ok: z.boolean(), message: z.string() })),
});
