/** What the admin API says of a source (contract section 4). */
export interface Status {
  readonly state: string;
  /** Why it does not go on just now; null when it does. */
  readonly message: string | null;
  readonly tables: readonly TableStatus[];
  readonly ledger: {
    readonly accepted: number;
    readonly applied: number;
    readonly superseded: number;
    readonly filtered: number;
    readonly deadLettered: number;
    readonly inFlight: number;
    readonly unaccounted: number;
  };
  readonly webhook: { readonly state: string };
  readonly credits: {
    readonly limit: number | null;
    readonly remaining: number | null;
    readonly reserve: number;
    readonly spentToday: Readonly<Record<string, number>>;
    readonly waitUntil: string | null;
  };
  /** Times as ISO texts; `to` is null while a gap is open. */
  readonly gaps: readonly {
    readonly from: string;
    readonly to: string | null;
    readonly reason: string;
    readonly state: string;
  }[];
}

/** One table of a status. */
export interface TableStatus {
  readonly name: string;
  readonly state: string;
  readonly rows: number;
  readonly expected: number | null;
  readonly full: number;
  readonly deleted: number;
  readonly watermark: string | null;
  readonly pull: { readonly state: string; readonly startedAt: string } | null;
  readonly message: string | null;
}

/** The result of `verify`. */
export interface Verdict {
  readonly equal: boolean;
  readonly looks: number;
  readonly tables: readonly TableVerdict[];
}

/** One table of a verdict. */
export interface TableVerdict {
  readonly name: string;
  readonly source: number;
  readonly sink: number;
  readonly detailDue: number;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly different: readonly string[];
}

interface Run {
  readonly state: "running" | "done" | "failed";
  readonly result: unknown;
}

/** Work that the API does in the background. */
export type RunKind = "pull" | "reconcile" | "verify";

/** Deletes of a table that are held for a person. */
export interface HeldDeletes {
  readonly table: string;
  readonly count: number;
}

/** The calls of the admin API that the demo and the proofs make. Each throws what the API answered when that was no success. */
export interface AdminApi {
  createSource(body: object): Promise<void>;
  registerWebhook(): Promise<void>;
  serviceUrl(): Promise<string>;
  status(): Promise<Status>;
  /** Starts work and gives its run's id. */
  start(kind: RunKind, body?: object): Promise<string>;
  /** Whether work that was started goes on. */
  isRunning(runId: string): Promise<boolean>;
  /** Starts work and waits for its end; throws when it failed. */
  run(kind: RunKind, body?: object): Promise<unknown>;
  heldDeletes(): Promise<readonly HeldDeletes[]>;
  confirmDeletes(table: string): Promise<void>;
  removeSource(): Promise<void>;
}

/** The admin API at `origin`, for the one source of this name. */
export function createAdminApi(options: {
  readonly origin: string;
  readonly token: string;
  readonly source: string;
  readonly signal: AbortSignal;
}): AdminApi {
  const { origin, token, source, signal } = options;
  const path = `/api/sources/${source}`;

  async function call(method: string, to: string, body: object | null = null): Promise<unknown> {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    // The end of the demo removes the source although all else was called off.
    const calledOff = method === "DELETE" ? AbortSignal.timeout(10_000) : signal;
    const init = { method, headers, signal: calledOff, body: body === null ? null : JSON.stringify(body) };
    const answer = await fetch(`${origin}${to}`, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${to} answered ${answer.status}: ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  async function start(kind: RunKind, body: object = {}): Promise<string> {
    return ((await call("POST", `${path}/${kind}`, body)) as { readonly runId: string }).runId;
  }

  return {
    async createSource(body) {
      await call("POST", "/api/sources", body);
    },
    async registerWebhook() {
      await call("POST", `${path}/webhook`);
    },
    serviceUrl: async () => ((await call("GET", path)) as { readonly serviceUrl: string }).serviceUrl,
    status: async () => (await call("GET", `${path}/status`)) as Status,
    start,
    isRunning: async (runId) => ((await call("GET", `${path}/runs/${runId}`)) as Run).state === "running",
    async run(kind, body) {
      const runId = await start(kind, body);
      for (;;) {
        const run = (await call("GET", `${path}/runs/${runId}?wait=60`)) as Run;
        if (run.state === "failed") throw new Error(`${kind} failed: ${JSON.stringify(run.result)}`);
        if (run.state === "done") return run.result;
      }
    },
    heldDeletes: async () =>
      ((await call("GET", `${path}/deletes`)) as { readonly items: readonly HeldDeletes[] }).items,
    async confirmDeletes(table) {
      await call("POST", `${path}/deletes/confirm`, { table });
    },
    async removeSource() {
      await call("DELETE", path);
    },
  };
}
