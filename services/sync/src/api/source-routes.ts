import { Router } from "express";
import type { Request, Response } from "express";
import { toError } from "@deskmirror/model";
import type { DataSource } from "@deskmirror/model";
import type { OpenMirror } from "../mirror/open-mirror.ts";
import { createWebhookLook, registerWebhook } from "../mirror/subscription.ts";
import { toClosedStatus, toStatus } from "../mirror/status.ts";
import type { KnownAnyway } from "../mirror/status.ts";
import { verify } from "../mirror/verify-run.ts";
import { ApiError } from "./api-error.ts";
import { authorizeSource, createSource } from "./create-source.ts";
import type { ApiDeps } from "./deps.ts";
import { askPulls, pullSlot, pullUnderWay, waitForPulls } from "./pull-work.ts";
import { getRun, startRun, takeOver, toRunView, waitForRun } from "./run-work.ts";
import type { RunWork, Work } from "./run-work.ts";
import { authorizeBody, pullBody, pullInput, reconcileBody, sourceBody, verifyBody, waitQuery } from "./source-body.ts";
import { toSourceView } from "./source-view.ts";
import { assertAffordable, verifyCost } from "./verify-cost.ts";

/** The calls on data sources (contract section 4). */
export function sourceRoutes(deps: ApiDeps): Router {
  const { registry, mirrors, signal } = deps;
  const routes = Router();
  const lookAtWebhook = createWebhookLook(Date.now);

  const view = (source: DataSource): object => toSourceView(deps, source);
  const viewWithUrl = (source: DataSource): object => ({ ...view(source), serviceUrl: registry.serviceUrl(source) });

  async function get(req: Request): Promise<DataSource> {
    const name = String(req.params["name"]);
    const source = await registry.get(name);
    if (source !== null) return source;
    const hint = "GET /api/sources lists the sources there are.";
    throw new ApiError(404, "SOURCE_UNKNOWN", { message: `There is no source ${name}.`, hint });
  }

  /** The open mirror of a source that has its tokens. */
  async function getOpen({ name, refreshToken }: DataSource): Promise<OpenMirror> {
    if (refreshToken === null) {
      const hint = "POST a new generated code to …/authorize first.";
      throw new ApiError(409, "NOT_AUTHORIZED", { message: `${name} has no tokens yet.`, hint });
    }
    const open = await find(name);
    if (open !== null) return open;
    throw notOpen(name, mirrors.problem(name));
  }

  async function find(name: string): Promise<OpenMirror | null> {
    if (mirrors.get(name) === null) await mirrors.follow();
    return mirrors.get(name);
  }

  /** Seconds to hold the answer; a bad query is refused before anything is started. */
  const toWait = (req: Request): number => waitQuery.parse(req.query).wait;

  async function answerRun(res: Response, wait: number, work: Work): Promise<void> {
    const run = await startRun(deps, work);
    if (wait === 0) res.status(202).json({ runId: run.id });
    else res.json({ runId: run.id, ...toRunView(await waitForRun(deps, run, wait * 1_000)) });
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

  routes.post("/", async (req, res) => {
    const { source, warnings } = await createSource(deps, sourceBody.parse(req.body));
    res.status(201).json({ ...viewWithUrl(source), warnings });
  });

  routes.get("/", async (_req, res) => {
    res.json({ items: (await registry.list()).map(view) });
  });

  routes.get("/:name", async (req, res) => {
    res.json(viewWithUrl(await get(req)));
  });

  routes.post("/:name/authorize", async (req, res) => {
    const { code } = authorizeBody.parse(req.body);
    res.json(view(await authorizeSource(deps, await get(req), code)));
  });

  routes.post("/:name/webhook", async (req, res) => {
    res.json(await subscribe(await get(req)));
  });

  async function subscribe(source: DataSource): Promise<object> {
    const open = await getOpen(source);
    const url = registry.serviceUrl(source);
    const { id, enabled, events } = await registerWebhook(open, { dataSource: source, url, signal });
    if (id !== source.webhookId) {
      await registry.update(source.name, { webhookId: id });
      await mirrors.follow();
    }
    return { id, state: enabled ? "active" : "disabled", events };
  }

  routes.delete("/:name/webhook", async (req, res) => {
    const source = await get(req);
    if (source.webhookId !== null) {
      const open = await getOpen(source);
      await open.source.subscriptions.remove(source.webhookId, { purpose: "heal", signal });
      await registry.update(source.name, { webhookId: null });
      await mirrors.follow();
    }
    res.json({ id: null, state: "missing" });
  });

  routes.post("/:name/pull", async (req, res) => {
    const wait = toWait(req);
    const source = await get(req);
    const { tables, restart } = pullBody.parse(req.body ?? {});
    const open = await getOpen(source);
    const { contexts } = open;
    const wanted = named(open, tables);
    const slot = pullSlot(wanted);
    if (restart) await assertNoPull(open, { source, tables: wanted, slot });
    await registry.update(source.name, (now) => ({ pulls: askPulls(now, wanted, { contexts, restart }) }));
    await mirrors.follow();
    const work = waitingFor(source.name, wanted);
    await answerRun(res, wait, { source: source.name, kind: "pull", slot, input: { tables: wanted }, work });
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
    const source = await get(req);
    const { tables } = reconcileBody.parse(req.body ?? {});
    const open = await getOpen(source);
    const wanted = named(open, tables);
    const work: RunWork = async (ending) => ({ tables: await open.mirror.reconcile(wanted, ending) });
    await answerRun(res, wait, { source: source.name, kind: "reconcile", input: { tables: wanted }, work });
  });

  routes.post("/:name/verify", async (req, res) => {
    const wait = toWait(req);
    const source = await get(req);
    const { tables, sample } = verifyBody.parse(req.body ?? {});
    const open = await getOpen(source);
    const wanted = named(open, tables);
    const contexts = wanted.map((table) => open.contexts.get(table)!);
    const cost = await verifyCost(contexts, { sample, facts: await open.mirror.facts() });
    assertAffordable(cost, await open.throttle.credits());
    const work: RunWork = (ending) => verify(contexts, { sample, purpose: "reconcile", signal: ending });
    await answerRun(res, wait, { source: source.name, kind: "verify", input: { tables: wanted, sample }, work });
  });

  routes.get("/:name/runs/:id", async (req, res) => {
    const wait = toWait(req);
    const { name, id } = req.params;
    let run = await getRun(deps, name, id);
    // A pull goes on in whatever process there is; so does waiting for it.
    if (run.kind === "pull") run = await takeOver(deps, run, waitingFor(name, pullInput.parse(run.input).tables));
    res.json(toRunView(await waitForRun(deps, run, wait * 1_000)));
  });

  routes.get("/:name/status", async (req, res) => {
    const source = await get(req);
    // One that could not be opened is tried again by itself; status does not wait for that.
    const open = mirrors.problem(source.name) === null ? await find(source.name) : null;
    const problem = mirrors.problem(source.name);
    if (open === null && problem === null) throw notOpen(source.name, null);
    const [ledger, gaps, lastMs] = await Promise.all([
      deps.ledger.counts(source.name),
      deps.gaps.list(source.name),
      deps.ledger.lastReceivedMs(source.name),
    ]);
    const known = { dataSource: source, gaps, ledger, lastDeliveryAt: lastMs === null ? null : toIso(lastMs) };
    const status = open === null ? toClosedStatus(known, problem!) : await openStatus(open, known);
    res.json(status);
  });

  async function openStatus(open: OpenMirror, { lastDeliveryAt, ...known }: KnownAnyway): Promise<object> {
    const { dataSource } = known;
    const isGranted = dataSource.refreshToken !== null;
    const [credits, oldestMs, webhook] = await Promise.all([
      open.throttle.credits(),
      deps.ledger.oldestMs(dataSource.name),
      isGranted ? lookAtWebhook(open, dataSource, registry.serviceUrl(dataSource)) : missingWebhook,
    ]);
    return toStatus(open.mirror, {
      ...known,
      webhook: { ...webhook, lastDeliveryAt },
      credits,
      disabled: open.disabled,
      lagMs: oldestMs === null ? open.lagMs() : Date.now() - oldestMs,
      error: toGrantProblem(dataSource.name, open.refusal()),
    });
  }

  routes.delete("/:name", async (req, res) => {
    const { name } = await get(req);
    await registry.remove(name);
    // From now on its URL answers 410, which makes Zoho drop the webhook too; what fails here is tried again for 24 h.
    await deps.lookAtRemovals().catch((error: unknown) => {
      deps.log.warn({ err: toError(error), source: name }, "webhooks at Zoho could not be removed now; tried again");
    });
    await mirrors.follow();
    res.json({ name, removed: true });
  });

  return routes;
}

const missingWebhook = { id: null, state: "missing" } as const;

function toGrantProblem(name: string, refusal: string | null): string | null {
  if (refusal === null) return null;
  return `${refusal}. Generate a new code in the API console and POST it to /api/sources/${name}/authorize.`;
}

const toIso = (ms: number): string => new Date(ms).toISOString();

function notOpen(name: string, problem: string | null): ApiError {
  const message = problem ?? `${name} is not open here yet.`;
  return new ApiError(503, "NOT_OPEN", { message, hint: "Mend what the message names, or try again in a moment." });
}
