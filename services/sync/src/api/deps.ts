import type { DataSource, DeliveryGroup, Sink } from "@deskmirror/model";
import type { DeadLetters, Gaps, Ledger, Runs, SourceRegistry, SubscriptionLooks } from "@deskmirror/redis";
import type { Log } from "@deskmirror/runtime";
import type { ConnectionParts } from "../mirror/connection/connection-test.ts";
import type { Mirrors } from "../mirror/mirrors.ts";

/** What Zoho gives for a generated code. */
export interface Grant {
  readonly refreshToken: string;
  /** Null when Zoho did not say. */
  readonly scopes: readonly string[] | null;
}

/** Everything the admin API works with. */
export interface ApiDeps {
  readonly registry: SourceRegistry;
  readonly mirrors: Mirrors;
  readonly runs: Runs;
  readonly ledger: Ledger;
  readonly gaps: Gaps;
  /** What the last looks at the subscriptions found. */
  readonly looks: SubscriptionLooks;
  readonly deadLetters: DeadLetters;
  /** PermanentError with Zoho's code when refused, TransientError when unclear. */
  readonly exchangeCode: (source: DataSource, code: string) => Promise<Grant>;
  /** Gives the grant of a source that came to nothing back to Zoho. */
  readonly revokeGrant: (source: DataSource, refreshToken: string) => Promise<void>;
  /** Puts deliveries into the queue of their source, as ingest does. */
  readonly requeue: (group: DeliveryGroup) => Promise<void>;
  /** Names of all tables, and the scope each misses in a grant (null: none). */
  readonly missingScopes: (source: DataSource) => ReadonlyMap<string, string | null>;
  readonly openSink: (url: string) => Promise<Sink>;
  /** Makes the tables of a new source, or adopts them as rows nothing else is known of; ConfigError when the sink refuses them. */
  readonly adoptTables: (source: DataSource) => Promise<void>;
  /** Makes the tables a source is to have, and keeps what is there and known; ConfigError when the sink refuses them. */
  readonly prepareTables: (source: DataSource) => Promise<void>;
  /** Names of the tables a source keeps: those it wants and may read. */
  readonly keptTables: (source: DataSource) => Promise<ReadonlySet<string>>;
  /** Removes what is due of the webhooks of removed sources at Zoho. */
  readonly lookAtRemovals: () => Promise<void>;
  /** ConfigError when a host serves the metadata of a cloud's machines. */
  readonly assertAllowedHost: (host: string) => Promise<void>;
  /** What a connection test needs of the outside. */
  readonly connection: ConnectionParts;
  readonly redactSinkUrl: (url: string) => string;
  readonly defaultSinkUrl: string;
  readonly allowCustomEndpoints: boolean;
  readonly createServiceKey: () => string;
  readonly log: Log;
  /** Aborted when the process ends. */
  readonly signal: AbortSignal;
}
