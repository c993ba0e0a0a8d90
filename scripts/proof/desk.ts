import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../pair/free-port.ts";
import { startProgram } from "../pair/running.ts";
import type { Running } from "../pair/running.ts";

/** Who the emulated organization and its client are. */
export interface DeskInfo {
  readonly url: string;
  readonly orgId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** What the emulator saw (docs/emulator.md). */
export interface DeskStats {
  readonly requests: Readonly<Record<string, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  readonly creditsSpent: number;
  readonly maxConcurrent: number;
  readonly maxTokenRequestsInTenMinutes: number;
  readonly breaches: Readonly<Record<string, { readonly count: number; readonly examples: readonly object[] }>>;
  readonly deliveries: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** The true state of one record, as the control space tells it. */
export interface DeskRecord {
  readonly key: string;
  readonly parentId: string | null;
  readonly deleted: boolean;
  readonly archived: boolean;
  /** ISO text; null where the table has none. */
  readonly modifiedTime: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly list: Readonly<Record<string, unknown>>;
}

/** A fault of the emulator's switchboard. */
export interface DeskFault {
  readonly kind: string;
  /** Part of `METHOD template`. */
  readonly match: string;
  readonly times: number;
}

/** What the agent who authorized may not see any more, or what lists leave out. */
export type DeskLoss =
  | { readonly loseDepartments: readonly string[] }
  | { readonly revokeScopes: readonly string[] }
  | { readonly hideFromLists: "half" | "all" };

/** The Desk emulator as a process of its own, steered over its control space. */
export interface Desk extends DeskInfo {
  readonly running: Running;
  generateCode(): Promise<string>;
  stats(): Promise<DeskStats>;
  setWebhooks(rates: {
    readonly dropRate?: number;
    readonly duplicateRate?: number;
    readonly shuffle?: boolean;
  }): Promise<void>;
  setDailyCredits(credits: number): Promise<void>;
  /** How long each request takes from now on. */
  setLatency(latencyMs: number): Promise<void>;
  /** Adds a fault to the switchboard. */
  setFault(fault: DeskFault): Promise<void>;
  lose(loss: DeskLoss): Promise<void>;
  /** Ends all faults and losses, and gives those faults that were left, with how many requests each would still have hit. */
  clearFaults(): Promise<readonly DeskFault[]>;
  /** Erases a record for good. */
  purge(table: string, key: string): Promise<void>;
  startWorkload(changesPerSecond: number, mix?: Readonly<Record<string, number>>): Promise<void>;
  /** Ends the live changes and gives how many were made, by kind. */
  stopWorkload(): Promise<Readonly<Record<string, number>>>;
  /** Waits until no delivery is pending. */
  delivered(): Promise<void>;
  records(table: string): AsyncIterable<DeskRecord>;
}

/** Options of the emulator's command, by name. */
export type DeskArguments = Readonly<Record<string, number | string>>;

const START_TIMEOUT_MS = 60_000;

/** Starts the emulator; its output goes to `logFile`. */
export async function startDesk(args: DeskArguments, logFile: string): Promise<Desk> {
  const port = await freePort();
  const flags = Object.entries({ ...args, port }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const command = [process.execPath, "packages/desk-emulator/src/main.ts", ...flags];
  const running = startProgram({ name: "the Desk emulator", command, env: process.env, logFile });
  const control = `http://127.0.0.1:${port}/_emulator`;

  async function call<T>(method: string, path: string, body?: object): Promise<T> {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${control}${path}`, { method, headers, body: body ? JSON.stringify(body) : null });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async function info(): Promise<DeskInfo> {
    for (const startedMs = Date.now(); ; await sleep(100)) {
      try {
        return await call("GET", "");
      } catch (error) {
        if (Date.now() - startedMs > START_TIMEOUT_MS) throw error;
      }
    }
  }

  return {
    ...(await info()),
    running,
    generateCode: async () => (await call<{ code: string }>("POST", "/code", {})).code,
    stats: () => call("GET", "/stats"),
    setWebhooks: (set) => call("POST", "/webhooks", { set }),
    setDailyCredits: (dailyCredits) => call("POST", "/settings", { dailyCredits }),
    setLatency: (latencyMs) => call("POST", "/settings", { latencyMs }),
    setFault: (fault) => call("POST", "/faults", fault),
    lose: (loss) => call("POST", "/faults", loss),
    purge: (table, key) => call("POST", `/store/${table}/${key}`, { do: "purge" }),
    async clearFaults() {
      const { faults } = await call<{ faults: readonly DeskFault[] }>("GET", "/faults");
      await call("DELETE", "/faults");
      return faults;
    },
    startWorkload: (changesPerSecond, mix) => call("POST", "/workload", { changesPerSecond, ...(mix && { mix }) }),
    stopWorkload: async () => (await call<{ counts: Record<string, number> }>("DELETE", "/workload")).counts,
    async delivered() {
      while ((await call<{ pending: number }>("GET", "/webhooks")).pending > 0) await sleep(100);
    },
    async *records(table) {
      const answer = await fetch(`${control}/store/${table}`);
      for (const line of (await answer.text()).split("\n")) if (line !== "") yield JSON.parse(line) as DeskRecord;
    },
  };
}
