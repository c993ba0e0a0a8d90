import type { RequestOptions, Subscription, Subscriptions } from "@deskmirror/model";

/** What a source's subscription at Zoho is to be. */
export interface WantedSubscription {
  /** The one we registered; null: none. */
  readonly id: string | null;
  readonly url: string;
  readonly events: readonly string[];
}

/** What is wrong with a subscription, the worst first. */
export type SubscriptionFault = "missing" | "disabled" | "moved" | "lacked events";

/** What a list of all subscriptions says of one. */
export interface SubscriptionVerdict {
  /** Null when it is not there. */
  readonly ours: Subscription | null;
  readonly fault: SubscriptionFault | null;
  /** Others that send to the same URL: each event would come twice. */
  readonly duplicates: readonly Subscription[];
}

/** Judges a subscription by a list of all (pure). Where ours is gone, one to our URL is taken for it: Zoho made it and its answer was lost. */
export function judgeSubscription(all: readonly Subscription[], wanted: WantedSubscription): SubscriptionVerdict {
  const { id: known, url } = wanted;
  const ours = all.find(({ id }) => id === known) ?? all.find((one) => one.url === url) ?? null;
  const isGone = ours === null || (known !== null && ours.id !== known);
  const duplicates = all.filter((one) => one.url === url && one !== ours);
  return { ours, fault: isGone ? "missing" : faultOf(ours, wanted), duplicates };
}

function faultOf(ours: Subscription, { url, events }: WantedSubscription): SubscriptionFault | null {
  if (!ours.enabled) return "disabled";
  if (ours.url !== url) return "moved";
  return ours.hasAutomation && events.every((event) => ours.events.includes(event)) ? null : "lacked events";
}

/** Makes a subscription what it is to be, by its verdict, and removes its duplicates; gives it as Zoho now holds it. */
export async function repairSubscription(
  subscriptions: Subscriptions,
  { ours, fault, duplicates }: SubscriptionVerdict,
  { url, events, options }: WantedSubscription & { readonly options: RequestOptions },
): Promise<Subscription> {
  const right =
    ours === null
      ? await subscriptions.create(url, events, options)
      : fault === null
        ? ours
        : await subscriptions.update(ours.id, url, events, options);
  for (const { id } of duplicates) await subscriptions.remove(id, options);
  return right;
}
