/** What a fault does to a request. */
export const faultKinds = [
  "status500",
  "unauthorized",
  "html",
  "truncated",
  "hang",
  "slow",
  "dropBefore",
  "dropAfter",
  "concurrency",
  "credits",
  "tooManyTokens",
] as const;

/**
 * One kind of fault: `status500` answers 500; `unauthorized` 401; `html` an HTML error page; `truncated` half of the JSON; `hang`
 * never answers; `slow` waits `delayMs` more; `dropBefore` cuts the connection before the work, `dropAfter` after it was done;
 * `concurrency` and `credits` force the two 429s; `tooManyTokens` the token endpoint's refusal.
 */
export type FaultKind = (typeof faultKinds)[number];

/** One rule of the fault switchboard. */
export interface Fault {
  readonly kind: FaultKind;
  /** Only requests whose `METHOD template` contains this text, such as `GET /tickets/search` or `POST /oauth`; default all. */
  readonly match?: string | undefined;
  /** How many requests it hits; default 1. */
  readonly times?: number | undefined;
  /** Probability of hitting a matching request; default 1. */
  readonly probability?: number | undefined;
  /** For `slow`: milliseconds. */
  readonly delayMs?: number | undefined;
}

/** What lists, searches, counts and the recycle bin leave out of what there is. */
export const hidings = ["none", "half", "all"] as const;

/** `half`: every second record, the same ones each time. GET by id shows all records all the while. */
export type Hiding = (typeof hidings)[number];

/** The switchboard: faults, lost scopes, lost departments, records that no list shows. */
export interface Faults {
  add(fault: Fault): void;
  /** The fault that hits this request; counts it. */
  take(request: string): Fault | null;
  clear(): void;
  list(): readonly Fault[];
  /** Scopes that no token has any more. */
  readonly revokedScopes: Set<string>;
  /** Departments the authorizing agent no longer sees. */
  readonly lostDepartments: Set<string>;
  hideFromLists(hiding: Hiding): void;
  hiding(): Hiding;
}

/** A switchboard without faults; `chance` decides faults with a probability. */
export function createFaults(chance: () => number): Faults {
  let rules: { fault: Fault; left: number }[] = [];
  const revokedScopes = new Set<string>();
  const lostDepartments = new Set<string>();
  let hiding: Hiding = "none";
  return {
    revokedScopes,
    lostDepartments,
    hideFromLists: (wanted) => void (hiding = wanted),
    hiding: () => hiding,
    add(fault) {
      rules.push({ fault, left: fault.times ?? 1 });
    },
    take(request) {
      const rule = rules.find(
        ({ fault }) =>
          request.includes(fault.match ?? "") && (fault.probability === undefined || chance() < fault.probability),
      );
      if (rule === undefined) return null;
      rule.left -= 1;
      if (rule.left <= 0) rules = rules.filter((other) => other !== rule);
      return rule.fault;
    },
    clear() {
      rules = [];
      revokedScopes.clear();
      lostDepartments.clear();
      hiding = "none";
    },
    list: () => rules.map(({ fault, left }) => ({ ...fault, times: left })),
  };
}
