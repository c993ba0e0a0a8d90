import { Router } from "express";
import type { DataSource } from "@deskmirror/model";
import type { OpenMirror } from "../mirror/open-mirror.ts";
import { verify } from "../mirror/verify-run.ts";
import { ApiError } from "./api-error.ts";
import { answerRun, toWait } from "./answer-run.ts";
import type { ApiDeps } from "./deps.ts";
import { assertRunning, createFindSource } from "./find-source.ts";
import { askPulls, pullSlot, pullUnderWay, waitForPulls } from "./pull-work.ts";
import { getRun, takeOver, toRunView, waitForRun } from "./run-work.ts";
import type { RunWork } from "./run-work.ts";
import { pullBody, pullInput, reconcileBody, verifyBody } from "./source-body.ts";
import { assertAffordable, verifyCost } from "./verify-cost.ts";

/** The calls that start work in the background, and those that read it (contract section 4). */
export function runRoutes(deps: ApiDeps): Router {
  const { registry, mirrors } = deps;
  const find = createFindSource(deps);
  const routes = Router();

  routes.post("/:name/pull", async (req, res) => {
    const wait = toWait(req);
    const source = await find.source(req);
    const { tables, restart } = pullBody.parse(req.body ?? {});
    const open = await find.granted(source);
    assertRunning(source);
    const { contexts } = open;
    const wanted = named(open, tables);
    const slot = pullSlot(wanted);
    if (restart) await assertNoPull(open, { source, tables: wanted, slot });
    await registry.update(source.name, (now) => ({ pulls: askPulls(now, wanted, { contexts, restart }) }));
    await mirrors.follow();
    const work = waitingFor(source.name, wanted);
    await answerRun(deps, res, { wait, source: source.name, kind: "pull", slot, input: { tables: wanted }, work });
  });

  function waitingFor(name: string, tables: readonly string[]): RunWork {
    return (ending) => waitForPulls(() => mirrors.get(name), { tables, signal: ending });
  }

  async function assertNoPull(
    { mirror }: OpenMirror,
    asked: { readonly source: DataSource; readonly tables: readonly string[]; readonly slot: string },
  ): Promise<void> {
    const { name, pulls } = asked.source;
    const table = pullUnderWay(asked.tables, { facts: await mirror.facts(), pulls });
    const isRunning = table !== null || (await deps.runs.running(name, asked.slot)) !== null;
    if (!isRunning) return;
    const hint = "Wait for its end, or call pull without restart to join it.";
    throw new ApiError(409, "PULL_RUNNING", { message: `A pull of ${table ?? name} is running.`, hint });
  }

  routes.post("/:name/reconcile", async (req, res) => {
    const wait = toWait(req);
    const source = await find.source(req);
    const { tables } = reconcileBody.parse(req.body ?? {});
    const open = await find.granted(source);
    assertRunning(source);
    const wanted = named(open, tables);
    const work: RunWork = async (ending) => ({ tables: await open.mirror.reconcile(wanted, ending) });
    await answerRun(deps, res, { wait, source: source.name, kind: "reconcile", input: { tables: wanted }, work });
  });

  routes.post("/:name/verify", async (req, res) => {
    const wait = toWait(req);
    const source = await find.source(req);
    const { tables, sample } = verifyBody.parse(req.body ?? {});
    const open = await find.granted(source);
    const wanted = named(open, tables);
    const contexts = wanted.map((table) => open.contexts.get(table)!);
    const cost = await verifyCost(contexts, { sample, facts: await open.mirror.facts() });
    assertAffordable(cost, await open.throttle.credits());
    const work: RunWork = (ending) => verify(contexts, { sample, purpose: "reconcile", signal: ending });
    await answerRun(deps, res, { wait, source: source.name, kind: "verify", input: { tables: wanted, sample }, work });
  });

  routes.get("/:name/runs/:id", async (req, res) => {
    const wait = toWait(req);
    const { name, id } = req.params;
    let run = await getRun(deps, name, id);
    // A pull goes on in whatever process there is; so does waiting for it.
    if (run.kind === "pull") run = await takeOver(deps, run, waitingFor(name, pullInput.parse(run.input).tables));
    res.json(toRunView(await waitForRun(deps, run, wait * 1_000)));
  });

  return routes;
}

function named(open: OpenMirror, tables: readonly string[] | undefined): readonly string[] {
  for (const table of tables ?? []) {
    if (open.contexts.has(table)) continue;
    const reason = open.disabled.get(table) ?? "it is not among the source's tables";
    throw new ApiError(422, "TABLE_NOT_KEPT", {
      message: `${table} is not kept: ${reason}.`,
      hint: `The tables kept are: ${[...open.contexts.keys()].join(" ")}.`,
    });
  }
  return (tables ?? [...open.contexts.keys()]).toSorted();
}
