import type { Request, Response } from "express";
import type { ApiDeps } from "./deps.ts";
import { startRun, toRunView, waitForRun } from "./run-work.ts";
import type { Work } from "./run-work.ts";
import { waitQuery } from "./source-body.ts";

/** Seconds to hold the answer; a bad query is refused before anything is started. */
export function toWait(req: Request): number {
  return waitQuery.parse(req.query).wait;
}

/** Starts work, or joins it, and answers with its run: 202 with its id, or as it is after `wait` seconds. */
export async function answerRun(
  deps: ApiDeps,
  res: Response,
  { wait, ...work }: Work & { readonly wait: number },
): Promise<void> {
  const run = await startRun(deps, work);
  if (wait === 0) res.status(202).json({ runId: run.id });
  else res.json({ runId: run.id, ...toRunView(await waitForRun(deps, run, wait * 1_000)) });
}
