import type { Cluster } from "../proof/cluster.ts";

/** What `/readyz` of a part must say while a fault lasts: `either` where both are the truth. */
export type Readiness = "green" | "red" | "either";

/** A fault that befalls a cluster. */
export interface Fault {
  /** What is struck, and how. */
  readonly name: string;
  /** How long it lasts at least. */
  readonly holdMs: number;
  /** What the other replica, or all of a service, must say of themselves meanwhile. */
  readonly readiness: { readonly ingest: Readiness; readonly sync: Readiness };
  /** The service whose first replica is struck itself; null when both run on. */
  readonly replica: "ingest" | "sync" | null;
  /** Deliveries may be refused or what was stored may be lost: only changes that reconcile finds can be healed. */
  readonly losesDeliveries: boolean;
  /** The ledger begins anew. */
  readonly emptiesLedger: boolean;
  /** Begins it; gives what ends it and says by what it is known that it struck. Rejects when it did not strike. */
  strike(cluster: Cluster): Promise<Ending>;
}

/** Ends a fault. */
export type Ending = () => Promise<string>;

/** A fault under which both services run on and stay ready, unless it says otherwise. */
export const harmless = {
  readiness: { ingest: "green", sync: "green" },
  replica: null,
  losesDeliveries: false,
  emptiesLedger: false,
} as const;
