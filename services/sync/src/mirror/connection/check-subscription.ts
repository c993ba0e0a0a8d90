import { PermanentError } from "@deskmirror/model";
import type { DataSource, Organization, RequestOptions, Source, Stream, Subscription } from "@deskmirror/model";
import { fail, ok, toWhy, unjudged, warn } from "./check.ts";
import type { Check } from "./check.ts";

/** What judging the subscription needs. */
export interface SubscriptionParts {
  readonly dataSource: DataSource;
  readonly source: Source;
  readonly serviceUrl: string;
  readonly enabled: readonly Stream[];
  readonly organization: Organization | null;
  readonly obstacle: string | null;
  readonly options: RequestOptions;
}

const SUBSCRIPTION = "subscription";

/** Judges the webhook at Zoho: there, enabled, to the present service URL, with the events of every table. */
export async function checkSubscription(parts: SubscriptionParts): Promise<Check> {
  const { dataSource, source, serviceUrl, organization, obstacle, options } = parts;
  if (obstacle !== null) return unjudged(SUBSCRIPTION, obstacle);
  if (organization?.webhooks === 0) {
    const hint = "Nothing is to be done: reconcile reads what changed.";
    return warn(SUBSCRIPTION, `${organization.edition} has no webhooks.`, hint);
  }
  let all: readonly Subscription[];
  try {
    all = await source.subscriptions.list(options);
  } catch (error) {
    const hint =
      error instanceof PermanentError
        ? "Generate a code with Desk.webhooks.ALL, Desk.events.ALL or Desk.settings.ALL and authorize again."
        : "Test again in a moment.";
    return unjudged(SUBSCRIPTION, toWhy(error), hint);
  }
  const repair = `POST /api/sources/${dataSource.name}/webhook registers or repairs it.`;
  const ours = all.find(({ id }) => id === dataSource.webhookId) ?? all.find(({ url }) => url === serviceUrl);
  if (ours === undefined) return fail(SUBSCRIPTION, "Zoho has no webhook of this source.", repair);
  const faults = faultsOf(ours, parts);
  return faults.length === 0
    ? ok(SUBSCRIPTION, `Webhook ${ours.id} sends the events of every table that has any.`)
    : fail(SUBSCRIPTION, `Webhook ${ours.id} ${faults.join(", and ")}.`, repair);
}

function faultsOf({ url, enabled, events }: Subscription, parts: SubscriptionParts): readonly string[] {
  const { source, serviceUrl } = parts;
  const lacks = parts.enabled.flatMap(({ name }) => {
    const lacking = source.subscriptions.eventsFor([name]).filter((event) => !events.includes(event));
    return lacking.length === 0 ? [] : [`${lacking.join(", ")} (${name})`];
  });
  return [
    ...(enabled ? [] : ["is disabled"]),
    ...(url === serviceUrl ? [] : ["sends to another URL than the present service URL"]),
    ...(lacks.length === 0 ? [] : [`lacks events: ${lacks.join("; ")}`]),
  ];
}
