import { DATA_CENTERS } from "@deskmirror/model";
import * as z from "zod";

const time = z.iso.datetime();
const maybeTime = time.nullable();
const count = z.int().min(0);

/** A data source as GET of all shows it. */
export const source = z.strictObject({
  name: z.string(),
  orgId: z.string(),
  dataCenter: z.enum(DATA_CENTERS),
  clientId: z.string(),
  scopes: z.array(z.string()).nullable(),
  mode: z.enum(["document", "csv"]),
  increment: z.literal("webhook"),
  tables: z.array(z.string()).nullable(),
  sinkUrl: z.string().describe("Without password and query."),
  signature: z.enum(["require", "verify", "off"]),
  throttle: z.strictObject({
    concurrency: z.int().nullable(),
    reserve: z.number(),
    dailyCredits: z.int().nullable(),
  }),
  reconcileSeconds: z.int().nullable(),
  compareSeconds: z.int().nullable(),
  sweepHours: z.number().nullable(),
  accountsUrl: z.string().nullable(),
  deskUrl: z.string().nullable(),
  webhookId: z.string().nullable(),
  paused: z.boolean(),
  authorized: z.boolean(),
  createdAt: time,
});

/** A data source with its service URL: GET of one, rotate-url. */
export const sourceWithUrl = z.strictObject({ ...source.shape, serviceUrl: z.url() });

/** What create and copy answer. */
export const newSource = z.strictObject({ ...sourceWithUrl.shape, warnings: z.array(z.string()) });

export const sources = z.strictObject({ items: z.array(source) });

/** The subscription at Zoho after register or remove. */
export const webhook = z.strictObject({
  id: z.string().nullable(),
  state: z.enum(["active", "missing", "disabled", "unknown", "unavailable"]),
  events: z.array(z.string()).optional(),
});

/** Work that goes on in the background. */
export const run = z.strictObject({
  id: z.string(),
  runId: z.string().optional().describe("The same; where the answer was held with `wait`."),
  kind: z.enum(["pull", "reconcile", "verify", "test"]),
  state: z.enum(["running", "done", "failed"]),
  startedAt: time,
  finishedAt: maybeTime,
  result: z.unknown().describe("Depends on the kind; an `error` when it failed."),
});

export const started = z.strictObject({ runId: z.string() });

const ledger = z.strictObject({
  accepted: count,
  applied: count,
  superseded: count,
  filtered: count,
  deadLettered: count,
  inFlight: count,
  unaccounted: count,
});

const tableState = z.enum(["pending", "pulling", "live", "incomplete", "error", "disabled"]);

const table = z.strictObject({
  name: z.string(),
  state: tableState,
  rows: count.describe("Without tombstones."),
  expected: count.nullable(),
  full: count.describe("Rows whose detail is not due."),
  deleted: count,
  lastChangeAt: maybeTime,
  lagMs: z.number().nullable().describe("Age of the oldest unapplied event, else event to commit of the last."),
  watermark: maybeTime,
  pull: z
    .strictObject({ state: z.enum(["running", "complete", "incomplete"]), startedAt: time, finishedAt: maybeTime })
    .nullable(),
  message: z.string().nullable(),
});

export const status = z.strictObject({
  name: z.string(),
  state: z.enum(["new", "authorized", "pulling", "live", "paused", "error"]),
  since: time,
  message: z.string().nullable(),
  tables: z.array(table),
  webhook: z.strictObject({
    ...webhook.omit({ events: true }).shape,
    message: z.string().nullable().describe("Why it is not active, and what to do."),
    lastDeliveryAt: maybeTime,
  }),
  credits: z.strictObject({
    limit: z.number().nullable(),
    remaining: z.number().nullable(),
    reserve: z.number(),
    spentToday: z.strictObject({ live: count, heal: count, reconcile: count, pull: count }),
    waitUntil: maybeTime,
  }),
  gaps: z.array(z.strictObject({ from: time, to: maybeTime, reason: z.string(), state: z.enum(["open", "closed"]) })),
  ledger,
});

export const plan = z.strictObject({
  tables: z.array(
    z.strictObject({ name: z.string(), rows: count.nullable(), calls: count, credits: count, seconds: z.number() }),
  ),
  credits: count,
  seconds: z.number(),
});

export const removed = z.strictObject({ name: z.string(), removed: z.literal(true) });

export const heldDeletes = z.strictObject({
  items: z.array(
    z.strictObject({
      table: z.string(),
      count,
      ids: z.array(z.string()).describe("The first 20."),
      since: time,
    }),
  ),
});

export const decided = z.strictObject({ table: z.string(), count: count.describe("Rows that were held.") });

const letter = z.strictObject({
  id: z.string(),
  source: z.string(),
  receivedAt: time,
  eventType: z.string().nullable(),
  table: z.string().nullable(),
  key: z.string().nullable(),
  reason: z.string(),
  message: z.string(),
  attempts: count,
  size: count.describe("Bytes of the body."),
});

export const deadLetter = z.strictObject({ ...letter.shape, body: z.string() });
export const deadLetters = z.strictObject({ items: z.array(letter), next: z.string().nullable() });

export const replayedOne = z.strictObject({ id: z.string(), replayed: z.literal(true) });
export const discarded = z.strictObject({ id: z.string(), discarded: z.literal(true) });

export const replayed = z.strictObject({
  dryRun: z.boolean(),
  matched: count,
  replayed: count,
  failed: z.array(z.strictObject({ id: z.string(), message: z.string() })),
});

/** What every refusal looks like. */
export const refusal = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string() }),
});

export const description = z.looseObject({ openapi: z.literal("3.1.0") }).describe("An OpenAPI 3.1 document.");
