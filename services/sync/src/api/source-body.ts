import { DATA_CENTERS } from "@deskmirror/model";
import * as z from "zod";

const reserved = /^(pg_|sqlite)|^(public|information_schema|main|temp)$/;

const name = z
  .string("must be a text")
  .regex(/^[a-z][a-z0-9_]{0,30}$/, "must be a small letter, then up to 30 small letters, digits or _")
  .refine((text) => !reserved.test(text), "is a name that databases keep for themselves; choose another");

/** Comes back in answers, so it holds no credentials. */
const httpUrl = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .refine((text) => !/[?#]/.test(text) && !hasUser(text), "must have no user, password, query or fragment");

function hasUser(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && `${url.username}${url.password}` !== "";
}

/** Names of tables, each once. */
const tableNames = (otherwise: string) =>
  z
    .array(z.string("must be a text"), "must be a list of names")
    .min(1, `names no table; leave it out for ${otherwise}`)
    .transform((names) => [...new Set(names)]);

const seconds = z
  .int("must be whole seconds")
  .min(10, "must be at least 10 seconds")
  .max(31_536_000, "must be at most a year");

const throttleFields = {
  concurrency: z.int("must be a whole number").min(1, "must be at least 1").max(100, "must be at most 100").nullable(),
  reserve: z.number("must be a number").min(0, "must be at least 0").max(1, "must be at most 1, a share: 0.4 is 40 %"),
  dailyCredits: z.int("must be a whole number").min(1, "must be at least 1").nullable(),
};
const { concurrency, reserve, dailyCredits } = throttleFields;

const throttle = z.strictObject({
  concurrency: concurrency.default(null),
  reserve: reserve.default(0.4),
  dailyCredits: dailyCredits.default(null),
});

const clientSecret = z.string("must be a text").min(1, "is empty").max(200);
const mode = z.enum(["document", "csv"], "must be document or csv");
const signature = z.enum(["require", "verify", "off"], "must be require, verify or off");
const sinkUrl = z.string("must be a text").min(1, "is empty").nullable();
const sweepHours = z.number().min(0.01).max(8_760).nullable();
const wantedTables = tableNames("the default").nullable();

/** Body of `POST /api/sources` (contract section 4). */
export const sourceBody = z.strictObject({
  name,
  orgId: z
    .string("must be a text")
    .regex(/^\d{1,20}$/, "must be the digits of the organization id (Setup → Developer Space → API)"),
  dataCenter: z.enum(DATA_CENTERS, `must be one of ${DATA_CENTERS.join(" ")}`).default("com"),
  clientId: z.string("must be a text").min(1, "is empty").max(200),
  clientSecret,
  code: z.string("must be a text").min(1, "is empty").max(300).optional(),
  mode: mode.default("document"),
  increment: z.literal("webhook", "must be webhook, the only way Zoho Desk tells of changes").default("webhook"),
  tables: wantedTables.default(null),
  sinkUrl: sinkUrl.default(null),
  signature: signature.default("verify"),
  throttle: throttle.default({ concurrency: null, reserve: 0.4, dailyCredits: null }),
  reconcileSeconds: seconds.nullable().default(null),
  compareSeconds: seconds.nullable().default(null),
  sweepHours: sweepHours.default(null),
  accountsUrl: httpUrl.nullable().default(null),
  deskUrl: httpUrl.nullable().default(null),
});
export type SourceBody = z.output<typeof sourceBody>;

/** Body of `PATCH /api/sources/:name`: what is left out stays; null is the default again. */
export const sourcePatch = z
  .strictObject({
    tables: wantedTables,
    mode,
    throttle: z.strictObject(throttleFields).partial(),
    signature,
    clientSecret,
    sinkUrl,
    reconcileSeconds: seconds.nullable(),
    compareSeconds: seconds.nullable(),
    sweepHours,
  })
  .partial();
export type SourcePatch = z.output<typeof sourcePatch>;

/** Body of calls that take none: no field can be meant, so one that is there is a mistake. */
export const noBody = z.strictObject({});

/** Body of `POST …/copy`. */
export const copyBody = z.strictObject({ name });

/** Body of `POST …/deletes/confirm` and `…/refuse`. */
export const decideBody = z.strictObject({ table: z.string("must be the name of a table") });

/** Body of `POST …/rotate-url`: how long the old URL still works. */
export const rotateBody = z.strictObject({
  graceSeconds: z
    .int("must be whole seconds")
    .min(0, "must be at least 0")
    .max(31_536_000, "must be at most a year")
    .default(86_400),
});

/** Body of `POST …/authorize`. */
export const authorizeBody = z.strictObject({ code: z.string("must be a text").min(1, "is empty").max(300) });

const tables = tableNames("all").optional();

/** Body of `POST …/pull`. */
export const pullBody = z.strictObject({ tables, restart: z.boolean("must be true or false").default(false) });

/** What a run of `pull` keeps of it: all that is pulled. */
export const pullInput = z.object({ tables: z.array(z.string()) });

/** Body of `POST …/reconcile`. */
export const reconcileBody = z.strictObject({ tables });

/** Body of `POST …/verify`. */
export const verifyBody = z.strictObject({
  tables,
  sample: z
    .int("must be a whole number")
    .min(0, "must be at least 0")
    .max(100_000, "must be at most 100000")
    .default(200),
});

/** Query of calls that give a run: `?wait=seconds`, at most 60. */
export const waitQuery = z.object({
  wait: z.coerce.number("must be seconds").min(0, "must be at least 0").max(60, "must be at most 60").default(0),
});
