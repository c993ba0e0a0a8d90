import type { JsonValue } from "@deskmirror/model";
import type { Run } from "@deskmirror/redis";
import { runEvery, sleep } from "@deskmirror/runtime";
import { toError } from "@deskmirror/model";
import { ApiError, toApiError } from "./api-error.ts";
import type { ApiDeps } from "./deps.ts";

const POLL_MS = 250;

/** A run as the API shows it. */
export function toRunView({ id, kind, state, startedMs, finishedMs, result }: Run): object {
  const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  return { id, kind, state, startedAt: time(startedMs), finishedAt: time(finishedMs), result };
}

/** Work that a person asked for. */
export interface Work {
  readonly source: string;
  readonly kind: "pull" | "reconcile" | "verify";
  readonly input: JsonValue;
  readonly work: () => Promise<JsonValue>;
}

/** Starts work in the background, or gives the run of its kind that is going on; its end is written to the run. */
export async function startRun(deps: ApiDeps, { source, kind, input, work }: Work): Promise<Run> {
  const { run, isNew } = await deps.runs.start(source, kind, input);
  if (isNew) void finish(deps, run, work);
  return run;
}

async function finish({ runs, log, signal }: ApiDeps, run: Run, work: () => Promise<JsonValue>): Promise<void> {
  const done = new AbortController();
  const heartbeat = runEvery({
    intervalMs: 5_000,
    signal: AbortSignal.any([done.signal, signal]),
    run: () => runs.update(run.source, run.id, null),
    onError: () => {},
  });
  try {
    const result = await work();
    await runs.finish(run.source, run.id, "done", result);
  } catch (thrown) {
    const error = toError(thrown);
    log.warn({ err: error, run: run.id, kind: run.kind }, "a run failed");
    const known = toApiError(error);
    const result = {
      code: known?.code ?? "INTERNAL",
      message: error.message,
      hint: known?.hint ?? "Look at the log of sync.",
    };
    await runs.finish(run.source, run.id, "failed", { error: result }).catch((cause: unknown) => {
      log.error({ err: toError(cause), run: run.id }, "the end of a run could not be stored");
    });
  } finally {
    done.abort();
    await heartbeat;
  }
}

/** A run when it has ended, or as it is after `waitMs` or when the process ends. */
export async function waitForRun({ runs, signal }: ApiDeps, run: Run, waitMs: number): Promise<Run> {
  const untilMs = Date.now() + waitMs;
  let now = run;
  while (now.state === "running" && Date.now() < untilMs && !signal.aborted) {
    await sleep(Math.min(POLL_MS, untilMs - Date.now()), signal).catch(() => {});
    now = (await runs.get(run.source, run.id)) ?? now;
  }
  return now;
}

/** The run of a source, or the 404 that says where to look. */
export async function getRun(deps: ApiDeps, source: string, id: string): Promise<Run> {
  const run = await deps.runs.get(source, id);
  if (run !== null) return run;
  const message = `There is no run ${id} of ${source}.`;
  throw new ApiError(404, "RUN_UNKNOWN", { message, hint: "Runs are kept for 7 days; start a new one." });
}
