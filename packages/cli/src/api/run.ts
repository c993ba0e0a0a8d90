import { setTimeout as sleep } from "node:timers/promises";
import { PermanentError, TransientError } from "@deskmirror/model";
import type * as z from "zod";
import type { Cli } from "../cli.ts";
import type { Asked } from "../output/measure.ts";
import { createProgress } from "../output/progress.ts";
import { ApiError } from "./api-error.ts";
import type { Answer } from "./api.ts";
import * as answers from "./answers.ts";
import { sourcePath } from "./paths.ts";

/** Work to start in the background. */
export interface Work {
  readonly source: string;
  readonly kind: "pull" | "reconcile" | "verify" | "test";
  readonly body?: Asked & { readonly sample?: number };
}

/** How long an answer is held; shorter where progress is drawn. */
const HOLD_SECONDS = 20;
const REDRAW_SECONDS = 1;
/** How long sync may be away, as while it starts again, before nobody waits for it any more. */
const PATIENCE_MS = 60_000;
const RETRY_MS = 1_000;

/** Starts work; gives what the API answers at once. */
export async function startRun({ api }: Pick<Cli, "api">, { source, kind, body = {} }: Work) {
  return api().call({ method: "POST", path: sourcePath(source, kind), body }, answers.started);
}

/**
 * Starts work and waits for its end, with progress where that can be drawn; gives the run with its result.
 * PermanentError when it failed, and when Ctrl-C ends the waiting: the work goes on without.
 */
export async function finishRun<T>(cli: Cli, work: Work, result: z.ZodType<T>) {
  const { value: started } = await startRun(cli, work);
  const ended = await waitForEnd(cli, work, started.runId);
  if (ended.value.state === "failed") {
    const { error } = answers.failed.parse(ended.value.result);
    throw new ApiError(409, error, ended.text);
  }
  return { run: ended, result: result.parse(ended.value.result) };
}

async function waitForEnd(cli: Cli, work: Work, runId: string): Promise<Answer<answers.Run>> {
  const { terminal, signal } = cli;
  const { source, kind, body: asked = {} } = work;
  const api = cli.api();
  const progress =
    terminal.progress === null ? null : createProgress({ to: terminal.progress, source, kind, asked, api });
  const seconds = progress === null ? HOLD_SECONDS : REDRAW_SECONDS;
  const path = `${sourcePath(source, `runs/${encodeURIComponent(runId)}`)}?wait=${seconds}`;
  let lastMs = performance.now();
  try {
    for (;;) {
      try {
        const run = await api.call({ method: "GET", path }, answers.run);
        if (run.value.state !== "running") return run;
        await progress?.show(run.value);
        lastMs = performance.now();
      } catch (error) {
        if (!isAway(error) || performance.now() - lastMs > PATIENCE_MS) throw error;
        await sleep(RETRY_MS, null, { signal });
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new PermanentError(
      `The ${kind} goes on without this command; look at it with: npx deskmirror status ${source}`,
    );
  } finally {
    progress?.end();
  }
}

function isAway(error: unknown): boolean {
  return error instanceof TransientError || (error instanceof ApiError && error.status === 503);
}
