import type { Source } from "../api/answers.ts";
import { formatFacts, formatTable } from "./table.ts";
import { toLocal } from "./time.ts";

/** All there is to know of a source. */
export function formatSource(source: Source): string {
  const { throttle } = source;
  return formatFacts({
    name: source.name,
    organization: `${source.orgId} (${source.dataCenter})`,
    "client id": source.clientId,
    authorized: source.authorized ? "yes" : "no",
    paused: source.paused ? "yes" : "no",
    tables: source.tables === null ? "default" : source.tables.join(" "),
    mode: source.mode,
    sink: source.sinkUrl,
    signature: source.signature,
    webhook: source.webhookId ?? "none",
    concurrency: throttle.concurrency ?? "default",
    reserve: `${Math.round(throttle.reserve * 100)} %`,
    "daily credits": throttle.dailyCredits ?? "default",
    "reconcile seconds": source.reconcileSeconds ?? "default",
    "compare seconds": source.compareSeconds ?? "default",
    "sweep hours": source.sweepHours ?? "default",
    created: toLocal(source.createdAt),
    ...(source.serviceUrl !== undefined && { "service URL": source.serviceUrl }),
  });
}

/** The sources, one a line. */
export function formatSources({ items }: { readonly items: readonly Source[] }): string {
  if (items.length === 0) return "There are no sources yet. Make one with: npx deskmirror source add --help";
  return formatTable(
    ["source", "organization", "data center", "mode", "authorized", "paused", "webhook", "sink"],
    items.map((source) => [
      source.name,
      source.orgId,
      source.dataCenter,
      source.mode,
      source.authorized ? "yes" : "no",
      source.paused ? "yes" : "no",
      source.webhookId ?? "none",
      source.sinkUrl,
    ]),
  );
}

/** What to do once a source was made, a line each. */
export function formatNextSteps({ name, authorized, serviceUrl }: Source): readonly string[] {
  if (!authorized) return [`Next: npx deskmirror authorize ${name}`];
  const detour = serviceUrl === undefined || isPortOfZoho(serviceUrl) ? "" : withoutPort;
  return [`Next: npx deskmirror webhook register ${name}${detour}`, `Then: npx deskmirror test ${name}`];
}

const withoutPort =
  ", once PUBLIC_URL is on port 80 or 443; without a public address skip it: changes then come each RECONCILE_SECONDS.";

function isPortOfZoho(serviceUrl: string): boolean {
  return ["", "80", "443"].includes(new URL(serviceUrl).port);
}
