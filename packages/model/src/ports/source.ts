import type { Change, Tombstone, Upsert } from "../change.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import type { Column } from "./columns.ts";

/** What a request is made for, most urgent first: live refetches, healing of gaps, reconcile, full pulls. */
export const PURPOSES = ["live", "heal", "reconcile", "pull"] as const;
export type Purpose = (typeof PURPOSES)[number];

/** What the rest of the system must know of a stream; everything else about it stays inside the source. */
export interface Stream {
  /** Also the table's name (contract section 7). */
  readonly name: string;
  /** The stream whose records this one is read under; null when it is read whole. `module` is no stream: a fixed list. */
  readonly parent: string | null;
  /** A child read once for each ticket: wanted only when named. */
  readonly perTicket: boolean;
  /** Keys every kind of row has (the core register); null when a list row is the whole record and there is no detail. */
  readonly core: readonly string[] | null;
  /** Whether records carry the source's modified time. Without it, detail is due when core's content changed. */
  readonly hasModifiedTime: boolean;
  /** Whether readings that show all of it go by `createdTime` and prove it span by span. */
  readonly isByCreatedTime: boolean;
  /** A stream whose records `Source.count` may count among these; null: there is none. */
  readonly countsAlso: string | null;
  /** A top-level key that is true in records which readings do not show any more although they exist; null: there are none. */
  readonly asideKey: string | null;
  /** Whether webhooks tell of its changes. */
  readonly hasEvents: boolean;
  /** Compared whole each `COMPARE_SECONDS`, since no event or modified-since query covers it. */
  readonly polled: boolean;
  /** Whether `changedSince` works. */
  readonly hasChangedSince: boolean;
  /** Whether its records can be asked for by id; of others only lists tell that they are gone. */
  readonly hasGet: boolean;
  /** Whether the recycle bin lists its deleted records. */
  readonly inBin: boolean;
  /** Top-level keys derived from the clock or from reads; they take no part in comparing. */
  readonly volatile: ReadonlySet<string>;
  /** Fields that every organization's records may have; custom fields are told by `Source.columns`. */
  readonly columns: readonly Column[];
}

/** A position in a reading that only the source understands; plain JSON, so that a checkpoint can hold it. */
export type Cursor = JsonObject;

/** One answer of a reading. */
export interface Page {
  readonly changes: readonly Change[];
  /** Records in the answer, repeats included. */
  readonly rows: number;
  /** Credits the answer cost. */
  readonly credits: number;
  /** Where to go on; null at the end. */
  readonly next: Cursor | null;
  /** A part split off for an idle reader, or for an instant that needs its own reading. */
  readonly split: readonly Cursor[];
  /** Said at the end only: null when the reading is proven complete, else why not and where. */
  readonly shortfall: string | null;
  /** Distinct records this reading has shown so far; said at the end. */
  readonly distinct: number;
  /** The span of `createdTime`, in ms, of which this reading has now shown every record, with their keys; null when it proves none. */
  readonly shown: { readonly fromMs: number; readonly toMs: number; readonly keys: readonly string[] } | null;
}

/** How a request is to be made. */
export interface RequestOptions {
  readonly purpose: Purpose;
  readonly signal: AbortSignal;
}

/** The organization as far as limits depend on it. */
export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly edition: string;
  /** Calls Zoho answers at once for this edition; null when unknown. */
  readonly concurrency: number | null;
  /** Credits a day for this edition without what users add; null when unknown. */
  readonly dailyCredits: number | null;
  /** Webhooks this edition may have enabled; null when unknown. */
  readonly webhooks: number | null;
}

/** Requests, and the credits they cost. */
export interface Cost {
  readonly calls: number;
  readonly credits: number;
}

/** What reading a stream whole would cost, from counts and samples. */
export interface Estimate {
  /** Null when nothing tells how many records there are. */
  readonly rows: number | null;
  /** Listing it, and finding out how. */
  readonly listing: Cost;
  /** Asking for the detail of each record. */
  readonly detail: Cost;
  /** Readings the listing consists of: as many requests can be under way at once. */
  readonly readings: number;
}

/** A subscription at the source. */
export interface Subscription {
  readonly id: string;
  readonly url: string;
  readonly enabled: boolean;
  /** Events that it tells of every record; one that a filter narrows is not among them. */
  readonly events: readonly string[];
  /** Whether it tells of what automation changed in bulk, too. */
  readonly hasAutomation: boolean;
}

/** A deleted record as the recycle bin lists it. */
export interface BinPage {
  readonly changes: readonly { readonly stream: string; readonly change: Tombstone }[];
  /** Credits the answer cost. */
  readonly credits: number;
  readonly next: Cursor | null;
}

/** The upstream system. Errors: TransientError, CreditsError (wait), PermanentError (scope, absent stream). */
export interface Source {
  /** All streams, parents first. */
  readonly streams: readonly Stream[];
  /** The source's clock now, in ms: a bound from below. Before its first answer, see `learnTime`, the clock of this machine. */
  now(): number;
  /** Resolves once an answer has told the source's time, asking for one when none has; else with what `organization` throws. */
  learnTime(options: RequestOptions): Promise<void>;
  organization(options: RequestOptions): Promise<Organization>;
  /** Asks for a new access token, whatever the present one is worth: the grant still gives them, or the error says why not. */
  renewToken(options: RequestOptions): Promise<void>;
  /** Why a stream cannot be read with the granted scopes, naming the missing one; null when it can. */
  missingScope(stream: string): string | null;
  /** The readings that together show all of a stream (of one parent's records when `parentId` is given). */
  plan(stream: string, parents: readonly string[], options: RequestOptions): Promise<readonly Cursor[]>;
  /** The readings that show all that was modified at or after a time in ms. */
  changedSince(stream: string, sinceMs: number, options: RequestOptions): Promise<readonly Cursor[]>;
  /** Reads one page. */
  page(stream: string, cursor: Cursor, options: RequestOptions): Promise<Page>;
  /** How many records the source says a stream has; null when it has no such count. */
  count(stream: string, options: RequestOptions): Promise<number | null>;
  /**
   * What reading streams whole would cost, each with the details of its records; it costs little itself. A stream that Zoho refuses, or
   * whose parents it refuses, is left out.
   */
  estimate(streams: readonly string[], options: RequestOptions): Promise<ReadonlyMap<string, Estimate>>;
  /** How long a request takes lately, in ms; assumed before the first. */
  latencyMs(): number;
  /**
   * The fields of streams as columns, custom fields as they are defined now. A stream whose custom fields cannot be asked for with the
   * granted scopes is left out.
   */
  columns(streams: readonly string[], options: RequestOptions): Promise<ReadonlyMap<string, readonly Column[]>>;
  /** Asks for one record: its state, or the proof that it is gone. */
  get(stream: string, key: string, parentId: string | null, options: RequestOptions): Promise<Upsert | Tombstone>;
  /** The recycle bin, newest first; null starts. */
  bin(cursor: Cursor | null, options: RequestOptions): Promise<BinPage>;
  /** Core keys of a stream that GETs lacked, since the agent's profile hides them: rows need not have them. */
  absentKeys(stream: string): ReadonlySet<string>;
  /** What an event of a delivery says (pure). */
  interpret(event: JsonValue): Interpretation;
  /** Which record a body that is no list of events speaks of (pure); `module` is the one the URL names. */
  readForeign(body: string, module: string | null): Naming;
  /** The key of the ticket with a number; null when the search, which lags behind, knows none. */
  findTicket(ticketNumber: string, options: RequestOptions): Promise<string | null>;
  /** Whether a token of `X-ZDesk-JWT` is right for this source; `receivedMs` judges its expiry. Throws TransientError when the keys cannot be had. */
  verifySignature(token: string, receivedMs: number): Promise<boolean>;
  subscriptions: Subscriptions;
}

/** What one event means. */
export type Interpretation =
  | {
      readonly kind: "change";
      readonly type: string;
      readonly stream: string;
      readonly change: Change;
      readonly eventMs: number;
      /** The event's payload lacked keys of the detail register. */
      readonly lacksDetail: boolean;
    }
  /** Known, and of no table. */
  | { readonly kind: "filtered"; readonly type: string }
  /** Set aside for a person. */
  | { readonly kind: "dead"; readonly type: string; readonly reason: string; readonly message: string };

/** What a body that is no list of events names. */
export type Naming =
  /** The record with this key, of the first of these streams that has it; where none does, of the first. */
  | { readonly kind: "record"; readonly streams: readonly string[]; readonly key: string }
  | { readonly kind: "ticket-number"; readonly ticketNumber: string }
  /** No record; the message says what to send instead. */
  | { readonly kind: "nothing"; readonly message: string };

/** The webhook at the source. */
export interface Subscriptions {
  /** Event types of the given streams, with filters as documented. */
  eventsFor(streams: readonly string[]): readonly string[];
  list(options: RequestOptions): Promise<readonly Subscription[]>;
  create(url: string, events: readonly string[], options: RequestOptions): Promise<Subscription>;
  update(id: string, url: string, events: readonly string[], options: RequestOptions): Promise<Subscription>;
  remove(id: string, options: RequestOptions): Promise<void>;
}
