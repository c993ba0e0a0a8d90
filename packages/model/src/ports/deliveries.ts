/** What ingest found out about a delivery's `X-ZDesk-JWT`. */
export type SignatureState = "missing" | "valid" | "unverified";

/** One POST of the source, as it came. */
export interface Delivery {
  /** ULID; events are named `<id>.<index>`. */
  readonly id: string;
  readonly receivedMs: number;
  /** The raw body. */
  readonly body: string;
  /** `events`: a JSON array; `foreign`: anything else (workflow rule, Cliq message, custom function). */
  readonly kind: "events" | "foreign";
  readonly signature: SignatureState;
  /** Kept only while `unverified`: sync verifies it. */
  readonly token: string | null;
  /** `?module=` of the URL, for foreign deliveries. */
  readonly module: string | null;
  /** Events in it: the array's length, else 1. */
  readonly events: number;
  /** How often a person replayed it; left out: it comes from the source. */
  readonly replays?: number | undefined;
}

/** Deliveries of one source that were stored together, as one job. */
export interface DeliveryGroup {
  /** `g-<ulid>`, also the job's id. */
  readonly id: string;
  readonly source: string;
  readonly deliveries: readonly Delivery[];
}

/** Where each event of a group went (docs/invariants.md, I2). */
export interface Settlement {
  readonly applied: number;
  readonly superseded: number;
  readonly filtered: number;
  readonly deadLettered: number;
}

/** Numbers of a source's ledger (contract section 4, status). */
export interface LedgerCounts extends Settlement {
  readonly accepted: number;
  readonly inFlight: number;
  readonly unaccounted: number;
}

/** Events of one delivery (or a pulled row) that will not be tried again without a person. */
export interface DeadLetter {
  /** `<delivery id>.<index of the first>`, so that twice is once; `pull:<table>:<key>` for pulled rows. */
  readonly id: string;
  readonly source: string;
  /** How many events it stands for: those of one delivery that are dead for the same reason. */
  readonly events: number;
  readonly receivedMs: number;
  readonly eventType: string | null;
  readonly table: string | null;
  readonly key: string | null;
  readonly reason: string;
  readonly message: string;
  /** `?module=` of the URL it came to; left out: there was none. */
  readonly module?: string | undefined;
  /** How often it died. */
  readonly attempts: number;
  /** A JSON array of those events, or the delivery as it came when it is refused whole (pulled rows: the record as JSON). */
  readonly body: string;
}
