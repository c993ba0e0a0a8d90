import type { JsonValue } from "@deskmirror/model";
import type { Run, RunStart } from "@deskmirror/redis";
import { runEvery, sleep } from "@deskmirror/runtime";
import { toError } from "@deskmirror/model";
import { ApiError, toApiError } from "./api-error.ts";
import type { ApiDeps } from "./deps.ts";

const POLL_MS = 250;
const HEARTBEAT_MS = 5_000;

/** A run as the API shows it. */
export function toRunView({ id, kind, state, startedMs, finishedMs, result }: Run): object {
  const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  return { id, kind, state, startedAt: time(startedMs), finishedAt: time(finishedMs), result };
}

/** Work that a person asked for; its signal ends it when its source is removed or the process ends. */
export type RunWork = (signal: AbortSignal) => Promise<JsonValue>;

/** A run to start. */
export interface Work extends RunStart {
  readonly source: string;
  readonly work: RunWork;
}

/**
 * Starts work in the background, or gives the run of its slot that is going on with the same input; its end is written to the run.
 * ApiError 409 when that run's input is another.
 */
export async function startRun(deps: ApiDeps, { source, work, ...start }: Work): Promise<Run> {
  const { run, isNew } = await deps.runs.start(source, start);
  if (isNew) void finish(deps, run, work);
  else if (JSON.stringify(run.input) !== JSON.stringify(start.input)) {
    const message = `A ${run.kind} of ${source} with other tables or another sample is running.`;
    const hint = `Wait for its end: GET /api/sources/${source}/runs/${run.id}?wait=60.`;
    throw new ApiError(409, "RUN_RUNNING", { message, hint });
  }
  return run;
}

/** Goes on with a run whose process is gone; as it is then. Another process that goes on with it too does no harm. */
export async function takeOver(deps: ApiDeps, run: Run, work: RunWork): Promise<Run> {
  if (!isAbandoned(run) || !(await deps.runs.update(run.source, run.id, null))) return run;
  void finish(deps, run, work);
  return { ...run, state: "running", result: null };
}

function isAbandoned({ state, finishedMs }: Run): boolean {
  return state === "failed" && finishedMs === null;
}

async function finish(deps: ApiDeps, run: Run, work: RunWork): Promise<void> {
  const { runs, log, signal } = deps;
  const done = new AbortController();
  const removed = new AbortController();
  const heartbeat = runEvery({
    intervalMs: HEARTBEAT_MS,
    signal: AbortSignal.any([done.signal, signal]),
    async run() {
      await runs.update(run.source, run.id, null);
      const source = await deps.registry.get(run.source);
      if (source === null || source.createdMs > run.startedMs) removed.abort(sourceRemoved(run.source));
    },
    onError: () => {},
  });
  try {
    const result = await work(AbortSignal.any([signal, removed.signal]));
    await runs.finish(run.source, run.id, "done", result);
  } catch (thrown) {
    // Nothing failed but this process: the run shows as abandoned, or another process takes it over.
    if (signal.aborted) return;
    const error = removed.signal.aborted ? toError(removed.signal.reason) : toError(thrown);
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

function sourceRemoved(source: string): ApiError {
  const message = `${source} was removed while this ran.`;
  return new ApiError(404, "SOURCE_REMOVED", {
    message,
    hint: "Its sink keeps the rows that were written until then.",
  });
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
