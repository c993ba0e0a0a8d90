import type {
  Credits,
  DataSource,
  DeadLetter,
  DeliveryGroup,
  Gap,
  JsonObject,
  JsonValue,
  LedgerCounts,
  Leases,
  Settlement,
  SignatureMode,
  Throttle,
  TokenStore,
  Vault,
} from "@deskmirror/model";

/** Writes a problem to the process's log; `fields` never hold a secret or a body. */
export type Log = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Redis as the process is connected to it; opaque beyond these. */
export interface RedisConnection {
  /** For readiness: whether commands can be sent now, and what is wrong when not. */
  status(): { readonly ok: boolean; readonly message: string };
  /** Resolves when commands can be sent. Rejects when the signal aborts. */
  ready(signal?: AbortSignal): Promise<void>;
  /** Null when Redis keeps what it is given; else what is wrong and what to do. */
  checkSafety(): Promise<string | null>;
  /** Used memory and `maxmemory` (null when there is none), in bytes. */
  memory(): Promise<{ readonly usedBytes: number; readonly maxBytes: number | null }>;
  close(): Promise<void>;
}

export declare function connectRedis(options: {
  readonly url: string;
  readonly role: "ingest" | "sync";
  readonly log?: Log;
}): RedisConnection;

/** What a spool segment holds that is not yet confirmed in the queue. */
export interface SpoolRecord {
  readonly instance: string;
  readonly segment: string;
  readonly groups: number;
  readonly events: number;
}

/** Where ingest puts deliveries. All throw TransientError when Redis did not confirm. */
export interface DeliveryQueue {
  /** Stores a group as one job under its id; adding the same id again is harmless. */
  add(group: DeliveryGroup, signal?: AbortSignal): Promise<void>;
  /** Says what a segment holds of a source now (absolute, not added); from then on those events are accepted and in flight. */
  spooled(source: string, record: SpoolRecord): Promise<void>;
  /** The segment's events of a source are all in the queue: forgets the record. */
  unspooled(source: string, instance: string, segment: string): Promise<void>;
  /** The segment is gone without having been drained: its events become unaccounted. */
  spoolLost(source: string, instance: string, segment: string): Promise<void>;
  /** Records of a source that are not lost. */
  spoolRecords(source: string): Promise<readonly SpoolRecord[]>;
  heartbeat(instance: string): Promise<void>;
  /** Opens a gap, or widens the open one of the same reason. */
  openGap(source: string, reason: string, fromMs: number): Promise<void>;
  close(): Promise<void>;
}

export declare function createDeliveryQueue(options: { readonly connection: RedisConnection }): DeliveryQueue;

/** How a group is to be applied. */
export interface ApplyOptions {
  /** How often a worker died or froze over this group; from 2 on, apply one delivery at a time. */
  readonly stalledTimes: number;
  /** Aborted when the group's lock was lost: somebody else is applying it. */
  readonly signal: AbortSignal;
}

/** Takes groups of one source and applies them. */
export interface DeliveryWorker {
  readonly state: "idle" | "running" | "paused" | "waiting" | "closed";
  start(): void;
  /** Takes no more; resolves when those in work are done. */
  pause(): Promise<void>;
  resume(): void;
  close(): Promise<void>;
}

export declare function createDeliveryWorker(options: {
  readonly connection: RedisConnection;
  readonly source: string;
  readonly concurrency?: number;
  readonly apply: (group: DeliveryGroup, options: ApplyOptions) => Promise<Settlement>;
  readonly log: Log;
}): DeliveryWorker;

/** A group whose events are in no bucket although its job is gone. */
export interface Unaccounted {
  readonly group: string;
  readonly events: number;
  readonly acceptedMs: number;
}

/** Where every accepted event of a source is (docs/invariants.md, I2). */
export interface Ledger {
  counts(source: string): Promise<LedgerCounts>;
  audit(source: string): Promise<readonly Unaccounted[]>;
  /** When the oldest event still in flight was accepted (ms); null when none is. */
  oldestMs(source: string): Promise<number | null>;
  /** Forgets all of a source that Redis holds: queue, ledger, dead letters, runs, gaps. */
  purge(source: string): Promise<void>;
}

export declare function createLedger(options: { readonly connection: RedisConnection }): Ledger;

/** Selects dead letters. */
export interface DeadLetterQuery {
  readonly source?: string;
  readonly table?: string;
  readonly reason?: string;
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

/** A dead letter without its body, with the body's size in bytes. */
export type DeadLetterHead = Omit<DeadLetter, "body"> & { readonly size: number };

/** What waits for a person. Ids are unique within a source only, so a single letter is named by source and id. */
export interface DeadLetters {
  /** Stores letters; one whose id is already there is left alone. */
  add(letters: readonly DeadLetter[]): Promise<void>;
  /** Newest first within a source, sources by name. */
  list(query: DeadLetterQuery): Promise<{ readonly items: readonly DeadLetterHead[]; readonly next: string | null }>;
  get(id: string): Promise<DeadLetter | null>;
  /** Whether there was one. */
  discard(id: string): Promise<boolean>;
  /** Hands the letter to `requeue`, which stores it anew as a delivery, then takes it out of the ledger. False when there is none. */
  replay(id: string, requeue: (letter: DeadLetter) => Promise<void>): Promise<boolean>;
  /** Turns letters older than the retention into filtered ones. */
  expire(source: string): Promise<void>;
}

export declare function createDeadLetters(options: {
  readonly connection: RedisConnection;
  readonly retentionDays?: number;
}): DeadLetters;

export declare function createLeases(options: { readonly connection: RedisConnection }): Leases;

export declare function createTokenStore(options: {
  readonly connection: RedisConnection;
  readonly seal: Sealer;
}): TokenStore;

/** Limits as they are now; `concurrency` is the number of calls at once, `reserve` a share 0 to 1. */
export interface ThrottleLimits {
  readonly concurrency: number;
  readonly reserve: number;
  readonly dailyLimit: number | null;
}

/** A throttle that also tells the credits. */
export interface OrganizationThrottle extends Throttle {
  credits(): Promise<Credits>;
  close(): Promise<void>;
}

export declare function createThrottle(options: {
  readonly connection: RedisConnection;
  /** `<data centre>:<orgId>` */
  readonly organization: string;
  readonly settings: () => ThrottleLimits;
  /** Now in ms; the default is Redis's own clock. */
  readonly clock?: () => number;
}): OrganizationThrottle;

/** Seals texts for rest (AES-256-GCM). */
export interface Sealer {
  seal(text: string): string;
  /** ConfigError when neither key opens it. */
  open(sealed: string): string;
  /** Whether it was sealed with the previous key. */
  needsReseal(sealed: string): boolean;
}

export declare function createSealer(options: { readonly key: string; readonly previousKey?: string }): Sealer;

/** A key of a service URL as ingest knows it: never the key itself. */
export interface RegistryEntry {
  readonly source: string;
  readonly orgId: string;
  /** sha256 of the key, hex. */
  readonly keyHash: string;
  readonly state: "current" | "grace" | "rotated" | "removed";
  readonly graceUntilMs: number | null;
  readonly webhookId: string | null;
  readonly signature: SignatureMode;
  readonly jwks: JsonObject | null;
  readonly paused: boolean;
}

/** The configured sources; the sealed texts of the vault are the truth, Redis is their publication. */
export interface SourceRegistry {
  /** PermanentError `SOURCE_EXISTS` when the name is taken. */
  create(source: DataSource): Promise<void>;
  get(name: string): Promise<DataSource | null>;
  list(): Promise<readonly DataSource[]>;
  /** PermanentError `SOURCE_UNKNOWN` when there is none. */
  update(name: string, patch: Partial<Omit<DataSource, "name">>): Promise<DataSource>;
  /** Gives a new service key; the old one works for `graceMs`. */
  rotateKey(name: string, graceMs: number): Promise<DataSource>;
  /** Its keys answer 410 from now on. */
  remove(name: string): Promise<void>;
  /** Public keys against which ingest verifies signatures. */
  setJwks(name: string, jwks: JsonObject): Promise<void>;
  serviceUrl(source: DataSource): string;
  /** Fills Redis from the vault and sets the marker. */
  publish(): Promise<void>;
  /** Whether the marker stands; false means that Redis was emptied. */
  isPublished(): Promise<boolean>;
  /** Calls back after a change by any process; gives the function that ends it. */
  onChange(listener: () => void): () => void;
}

export declare function createSourceRegistry(options: {
  readonly connection: RedisConnection;
  readonly vault: Vault;
  readonly seal: Sealer;
  readonly publicUrl?: string;
}): SourceRegistry;

export declare function createServiceKey(): string;

/** The answer about a key that is not known here. */
export interface UnknownKey {
  readonly unknown: true;
  /** Redis said so and its marker stands: the key was never issued. */
  readonly certain: boolean;
}

/** The registry in ingest's memory. */
export interface RegistryReader {
  /** Loads the file, then follows Redis; never waits for Redis. */
  start(): Promise<void>;
  find(key: string): RegistryEntry | UnknownKey;
  sources(): readonly string[];
  /** Looks at Redis now (one look at a time); never throws. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

export declare function createRegistryReader(options: {
  readonly connection: RedisConnection;
  readonly file?: string;
  readonly log?: Log;
}): RegistryReader;

/** Work a person asked for. */
export interface Run {
  readonly id: string;
  readonly source: string;
  readonly kind: string;
  readonly state: "running" | "done" | "failed";
  readonly startedMs: number;
  readonly finishedMs: number | null;
  readonly result: JsonValue;
}

/** Runs, kept for 7 days. */
export interface Runs {
  /** Starts a run, or gives the one of the kind that is running. */
  start(source: string, kind: string, input?: JsonValue): Promise<{ readonly run: Run; readonly isNew: boolean }>;
  get(source: string, id: string): Promise<Run | null>;
  running(source: string, kind: string): Promise<Run | null>;
  /** Replaces the result of a running run. */
  update(source: string, id: string, result: JsonValue): Promise<void>;
  finish(source: string, id: string, state: "done" | "failed", result: JsonValue): Promise<void>;
}

export declare function createRuns(options: { readonly connection: RedisConnection }): Runs;

/** Times in which events may have been missed. */
export interface Gaps {
  open(source: string, reason: string, fromMs: number): Promise<void>;
  /** Closes the gaps that were last seen before this time (ms). */
  close(source: string, beforeMs: number): Promise<void>;
  /** Open ones, then closed ones of 7 days, at most 100. */
  list(source: string): Promise<readonly Gap[]>;
}

export declare function createGaps(options: { readonly connection: RedisConnection }): Gaps;

/** When each ingest was last alive. */
export interface Heartbeats {
  beat(instance: string): Promise<void>;
  /** By instance, ms. */
  all(): Promise<ReadonlyMap<string, number>>;
}

export declare function createHeartbeats(options: { readonly connection: RedisConnection }): Heartbeats;

/** A short message to all sync processes; may be lost, so it only hastens what would happen anyway. */
export interface Signal {
  readonly source: string;
  readonly kind: string;
}

export interface Signals {
  publish(signal: Signal): Promise<void>;
  subscribe(listener: (signal: Signal) => void): () => void;
}

export declare function createSignals(options: { readonly connection: RedisConnection }): Signals;

/** Children of a record that must be read again. */
export interface Due {
  readonly stream: string;
  readonly parentKey: string;
  readonly dueMs: number;
}

/** Coalesced work of one source, newest first. */
export interface DueSet {
  add(source: string, due: readonly Due[]): Promise<void>;
  /** Takes up to `limit`; what is not done within `ttlMs` returns. */
  claim(source: string, limit: number, ttlMs: number): Promise<readonly Due[]>;
  /** Forgets it, unless it became due again since. */
  done(source: string, due: Due): Promise<void>;
  size(source: string): Promise<number>;
}

export declare function createDueSet(options: { readonly connection: RedisConnection }): DueSet;
