import { Router } from "express";
import { PermanentError, TransientError } from "@deskmirror/model";
import type { DataSource, RequestOptions } from "@deskmirror/model";
import { createLimits } from "../mirror/limits.ts";
import type { OpenMirror } from "../mirror/open-mirror.ts";
import { toPlan } from "../mirror/plan.ts";
import type { Plan } from "../mirror/plan.ts";
import type { ApiDeps } from "./deps.ts";
import { createFindSource } from "./find-source.ts";

/** A plan takes a few dozen small requests. */
const TIMEOUT_MS = 30_000;

/** The call that tells what a full pull would take (contract section 4). */
export function planRoutes(deps: ApiDeps): Router {
  const find = createFindSource(deps);
  const routes = Router();

  routes.get("/:name/plan", async (req, res) => {
    const source = await find.source(req);
    const open = await find.granted(source);
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const signal = AbortSignal.any([deps.signal, timeout]);
      res.json(await planPull(open, source, { purpose: "reconcile", signal }));
    } catch (error) {
      if (!timeout.aborted) throw error;
      throw new TransientError("Zoho did not tell within 30 s what there is to pull", { code: "SLOW", cause: error });
    }
  });

  return routes;
}

async function planPull(open: OpenMirror, { throttle }: DataSource, options: RequestOptions): Promise<Plan> {
  const { source, contexts } = open;
  const limits = createLimits(throttle);
  const [estimates] = await Promise.all([
    source.estimate([...contexts.keys()], options),
    limits.learn(source, options).catch(keepSmallest),
  ]);
  const planned = [...contexts.values()].flatMap(({ stream: { name, parent } }) => {
    const estimate = estimates.get(name);
    return estimate === undefined ? [] : [{ name, parent, estimate }];
  });
  return toPlan(planned, { concurrency: limits.current().concurrency, latencyMs: source.latencyMs() });
}

/** Where the edition may not be read, a pull keeps to the smallest limits too. */
function keepSmallest(error: unknown): void {
  if (!(error instanceof PermanentError)) throw error;
}
