import type { Clock } from "./clock.ts";
import type { Faults } from "./faults.ts";
import type { Exchange } from "./http/exchange.ts";
import type { Settings } from "./settings.ts";
import type { Stats } from "./stats.ts";
import type { Reader } from "./store/reader.ts";
import type { Writes } from "./store/writes.ts";
import type { SenderControls } from "./webhooks/controls.ts";
import type { Webhooks } from "./webhooks/webhooks.ts";
import type { Workload, WorkloadOptions } from "./workload/workload.ts";

/** Controls of the webhook sender. */
export interface WebhookControls extends SenderControls {
  /** Sends a raw body to a webhook, signed; gives the HTTP status of the answer. */
  sendRaw(webhookId: string, body: string): Promise<number | null>;
  rotateKey(options?: { dropOld?: boolean }): void;
  /** Events that wait or are being sent. */
  pending(): number;
  /** Resolves when every event was sent, dropped or given up. */
  idle(): Promise<void>;
}

/** A running emulated Zoho Desk. */
export interface DeskEmulator {
  /** Serves the accounts server (`/oauth/v2/token`), the API (`/api/v1`), the key set and the control space (`/_emulator`). */
  readonly url: string;
  readonly orgId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** A code as the API console generates it for a self client; default: every scope. */
  generateCode(scopes?: readonly string[]): string;
  readonly clock: Clock;
  /** May be changed while it runs. */
  readonly settings: Settings;
  readonly faults: Faults;
  readonly webhookControls: WebhookControls;
  /** The webhooks as a person changes them in Setup: the checks of the API hold there too. */
  readonly webhooks: Pick<Webhooks, "list" | "create" | "update" | "remove">;
  readonly store: Reader & Writes;
  readonly stats: Stats;
  workload(options: WorkloadOptions): Workload;
  setLatencyMs(ms: number): void;
  setIndexLagMs(ms: number): void;
  setDailyCredits(credits: number): void;
  setConcurrency(calls: number): void;
  close(): Promise<void>;
}

/** An emulated Zoho Desk that listens nowhere. */
export interface DeskInProcess extends Omit<DeskEmulator, "url" | "close"> {
  readonly exchange: Exchange;
  close(): void;
}
