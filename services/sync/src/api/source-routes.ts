import { Router } from "express";
import type { Request, Response } from "express";
import type { DataSource } from "@deskmirror/model";
import type { OpenMirror } from "../mirror/open-mirror.ts";
import { createWebhookLook, registerWebhook } from "../mirror/subscription.ts";
import { toStatus } from "../mirror/status.ts";
import { verify } from "../mirror/verify-run.ts";
import { ApiError } from "./api-error.ts";
import { authorizeSource, createSource } from "./create-source.ts";
import type { ApiDeps } from "./deps.ts";
import { askPulls, waitForPulls } from "./pull-work.ts";
import { getRun, startRun, toRunView, waitForRun } from "./run-work.ts";
import type { Work } from "./run-work.ts";
import { authorizeBody, pullBody, reconcileBody, sourceBody, verifyBody, waitQuery } from "./source-body.ts";
import { toSourceView } from "./source-view.ts";

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
    if (mirrors.get(name) === null) await mirrors.follow();
    const open = mirrors.get(name);
    if (open !== null) return open;
    const message = mirrors.problem(name) ?? `${name} is not open here yet.`;
    throw new ApiError(503, "NOT_OPEN", { message, hint: "Mend what the message names, or try again in a moment." });
  }

  async function answerRun(req: Request, res: Response, work: Work): Promise<void> {
    const { wait } = waitQuery.parse(req.query);
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
    return tables ?? [...open.contexts.keys()];
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
    const source = await get(req);
    const { tables, restart } = pullBody.parse(req.body ?? {});
    const open = await getOpen(source);
    const wanted = named(open, tables);
    if (restart && (await deps.runs.running(source.name, "pull")) !== null) {
      const hint = "Wait for its end, or call pull without restart to join it.";
      throw new ApiError(409, "PULL_RUNNING", { message: `A pull of ${source.name} is running.`, hint });
    }
    const pulls = askPulls(source, wanted, restart);
    await registry.update(source.name, { pulls });
    await mirrors.follow();
    const work = () => waitForPulls(() => mirrors.get(source.name), { tables: wanted, asked: pulls, signal });
    await answerRun(req, res, { source: source.name, kind: "pull", input: { tables: wanted, restart }, work });
  });

  routes.post("/:name/reconcile", async (req, res) => {
    const source = await get(req);
    const { tables } = reconcileBody.parse(req.body ?? {});
    const open = await getOpen(source);
    if (tables !== undefined) named(open, tables);
    const work = async () => ({ tables: await open.mirror.reconcile(tables ?? null, signal) });
    await answerRun(req, res, { source: source.name, kind: "reconcile", input: { tables: tables ?? null }, work });
  });

  routes.post("/:name/verify", async (req, res) => {
    const source = await get(req);
    const { tables, sample } = verifyBody.parse(req.body ?? {});
    const open = await getOpen(source);
    const contexts = named(open, tables).map((table) => open.contexts.get(table)!);
    const work = () => verify(contexts, { sample, purpose: "reconcile", signal });
    await answerRun(req, res, { source: source.name, kind: "verify", input: { tables: tables ?? null, sample }, work });
  });

  routes.get("/:name/runs/:id", async (req, res) => {
    const { wait } = waitQuery.parse(req.query);
    const run = await getRun(deps, req.params.name, req.params.id);
    res.json(toRunView(await waitForRun(deps, run, wait * 1_000)));
  });

  routes.get("/:name/status", async (req, res) => {
    const source = await get(req);
    const open = mirrors.get(source.name);
    if (open === null) throw notOpen(source.name, mirrors.problem(source.name));
    const [ledger, gaps, credits, oldestMs, lastMs, webhook] = await Promise.all([
      deps.ledger.counts(source.name),
      deps.gaps.list(source.name),
      open.throttle.credits(),
      deps.ledger.oldestMs(source.name),
      deps.ledger.lastReceivedMs(source.name),
      lookAtWebhook(open, source, registry.serviceUrl(source)),
    ]);
    const lagMs = oldestMs === null ? open.lagMs() : Date.now() - oldestMs;
    const status = await toStatus(open.mirror, {
      dataSource: source,
      webhook: { ...webhook, lastDeliveryAt: lastMs === null ? null : new Date(lastMs).toISOString() },
      credits,
      gaps,
      ledger,
      disabled: open.disabled,
      lagMs,
      error: null,
    });
    res.json(status);
  });

  routes.delete("/:name", async (req, res) => {
    const source = await get(req);
    await registry.remove(source.name);
    await removeAtZoho(source);
    await mirrors.follow();
    res.json({ name: source.name, removed: true });
  });

  /** The webhook goes with its source; Zoho drops it by itself too, since its URL now answers 410. */
  async function removeAtZoho({ name, webhookId }: DataSource): Promise<void> {
    const open = mirrors.get(name);
    if (webhookId === null || open === null) return;
    await open.source.subscriptions.remove(webhookId, { purpose: "heal", signal }).catch((error: unknown) => {
      deps.log.warn({ err: error, source: name }, "the webhook could not be removed at Zoho; its URL answers 410");
    });
  }

  return routes;
}

function notOpen(name: string, problem: string | null): ApiError {
  const message = problem ?? `${name} is not open here yet.`;
  return new ApiError(503, "NOT_OPEN", { message, hint: "Mend what the message names, or try again in a moment." });
}
