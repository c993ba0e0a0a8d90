import type { Row } from "./json.ts";

/** Kinds of wrong behaviour of a client that the server sees. */
export const breachKinds = ["concurrency", "credits", "tokenRefused", "unknownParameter", "outOfRange"] as const;

/** One kind of breach: more calls at once than allowed, calls without credits, a refused token request, … */
export type BreachKind = (typeof breachKinds)[number];

/** What a webhook delivery came to. */
export const deliveryOutcomes = ["sent", "ok", "failed", "dropped", "doubled", "lost"] as const;

/** One outcome; `lost` = the subscription was disabled or deleted when its turn came. */
export type DeliveryOutcome = (typeof deliveryOutcomes)[number];

/** Everything the server saw since it started, or since `reset`. */
export interface StatsSnapshot {
  /** Requests by method and path template. */
  readonly requests: Readonly<Record<string, number>>;
  /** Answers by HTTP status. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly creditsSpent: number;
  readonly maxConcurrent: number;
  readonly tokenRequests: number;
  /** The most token requests of one refresh token within any ten minutes. */
  readonly maxTokenRequestsInTenMinutes: number;
  readonly breaches: Readonly<Record<BreachKind, { readonly count: number; readonly examples: readonly Row[] }>>;
  /** Deliveries by event type and outcome. */
  readonly deliveries: Readonly<Record<string, Readonly<Record<DeliveryOutcome, number>>>>;
}

/** Counts what happens. */
export interface Stats {
  snapshot(): StatsSnapshot;
  reset(): void;
  request(template: string): void;
  answer(status: number): void;
  credits(spent: number): void;
  concurrent(calls: number): void;
  tokenRequest(inWindow: number): void;
  breach(kind: BreachKind, example: Row): void;
  delivery(eventType: string, outcome: DeliveryOutcome): void;
}

/** Examples kept of each kind of breach. */
const keptExamples = 5;

interface Counters {
  requests: Record<string, number>;
  statuses: Record<string, number>;
  creditsSpent: number;
  maxConcurrent: number;
  tokenRequests: number;
  maxTokenRequestsInTenMinutes: number;
  breaches: Record<BreachKind, { count: number; examples: Row[] }>;
  deliveries: Record<string, Record<DeliveryOutcome, number>>;
}

function zero(): Counters {
  return {
    requests: {},
    statuses: {},
    creditsSpent: 0,
    maxConcurrent: 0,
    tokenRequests: 0,
    maxTokenRequestsInTenMinutes: 0,
    breaches: Object.fromEntries(
      breachKinds.map((kind) => [kind, { count: 0, examples: [] }]),
    ) as unknown as Counters["breaches"],
    deliveries: {},
  };
}

/** Counters at zero. */
export function createStats(): Stats {
  let counters = zero();
  return {
    snapshot: () => structuredClone(counters),
    reset() {
      counters = zero();
    },
    request(template) {
      counters.requests[template] = (counters.requests[template] ?? 0) + 1;
    },
    answer(status) {
      counters.statuses[status] = (counters.statuses[status] ?? 0) + 1;
    },
    credits(spent) {
      counters.creditsSpent += spent;
    },
    concurrent(calls) {
      counters.maxConcurrent = Math.max(counters.maxConcurrent, calls);
    },
    tokenRequest(inWindow) {
      counters.tokenRequests += 1;
      counters.maxTokenRequestsInTenMinutes = Math.max(counters.maxTokenRequestsInTenMinutes, inWindow);
    },
    breach(kind, example) {
      const breach = counters.breaches[kind];
      breach.count += 1;
      breach.examples = [...breach.examples, example].slice(-keptExamples);
    },
    delivery(eventType, outcome) {
      const counts = (counters.deliveries[eventType] ??= Object.fromEntries(
        deliveryOutcomes.map((name) => [name, 0]),
      ) as Record<DeliveryOutcome, number>);
      counts[outcome] += 1;
    },
  };
}
