import type { DataSource, Organization } from "@deskmirror/model";
import { fail, ok, unjudged, warn } from "./check.ts";
import type { Check } from "./check.ts";

const EDITION = "edition";

/** Judges what the edition allows: calls at once, webhooks. */
export function checkEdition({ name, throttle }: DataSource, organization: Organization | null): Check {
  if (organization === null) return unjudged(EDITION, "the organization could not be read");
  const { edition, concurrency, webhooks } = organization;
  if (concurrency === null) {
    const named = edition === "" ? "Zoho names no edition" : `The edition ${edition} is not known`;
    const hint = `PATCH throttle of ${name}: concurrency and dailyCredits as your contract with Zoho says; 3 calls at once until then.`;
    return warn(EDITION, `${named}: its limits are assumed to be the smallest.`, hint);
  }
  if (throttle.concurrency !== null && throttle.concurrency > concurrency) {
    const message = `throttle.concurrency is ${throttle.concurrency}, and ${edition} answers ${concurrency} calls at once.`;
    return fail(EDITION, message, `PATCH throttle.concurrency to ${concurrency - 2}, so that other tools have some.`);
  }
  if (webhooks === 0) {
    const hint = "Lower reconcileSeconds to see changes earlier, or move to Professional or above.";
    return warn(EDITION, `${edition} has no webhooks: reconcile is the increment.`, hint);
  }
  return ok(EDITION, `${edition}: ${concurrency} calls at once${webhooks === null ? "" : `, ${webhooks} webhooks`}.`);
}
