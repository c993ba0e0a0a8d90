import { PermanentError, isJsonObject } from "@deskmirror/model";
import type { JsonValue, Organization } from "@deskmirror/model";
import { toId, toText } from "./values.ts";

type Limits = Pick<Organization, "concurrency" | "dailyCredits" | "webhooks">;

/** Calls at once, credits a day (users add some) and webhooks by edition (Zoho Desk API, rate limits; WebhookDocument). */
const editions: Readonly<Record<string, Limits>> = {
  FREE: { concurrency: 5, dailyCredits: 5_000, webhooks: 0 },
  TRIAL: { concurrency: 5, dailyCredits: 5_000, webhooks: null },
  EXPRESS: { concurrency: 10, dailyCredits: 25_000, webhooks: 0 },
  STANDARD: { concurrency: 10, dailyCredits: 50_000, webhooks: 0 },
  PROFESSIONAL: { concurrency: 15, dailyCredits: 75_000, webhooks: 5 },
  ENTERPRISE: { concurrency: 25, dailyCredits: 100_000, webhooks: 10 },
  ULTIMATE: { concurrency: 25, dailyCredits: 100_000, webhooks: 20 },
};

/** The organization of an id among those the grant sees. PermanentError OAUTH_ORG_MISMATCH when it is not there. */
export function toOrganization(body: JsonValue | null, orgId: string): Organization {
  const rows = isJsonObject(body) && Array.isArray(body["data"]) ? body["data"].filter(isJsonObject) : [];
  const row = rows.find(({ id }) => toId(id) === orgId);
  if (row === undefined) {
    const seen = rows.map(({ id }) => toId(id)).join(", ");
    throw new PermanentError(
      `the grant sees organization ${seen || "none"}, not ${orgId}: generate the code for it, or add a source of another name with the right orgId`,
      {
        code: "OAUTH_ORG_MISMATCH",
      },
    );
  }
  const edition = (toText(row["edition"]) ?? "").toUpperCase();
  const limits = editions[edition] ?? { concurrency: null, dailyCredits: null, webhooks: null };
  return { id: orgId, name: toText(row["companyName"]) ?? orgId, edition, ...limits };
}
