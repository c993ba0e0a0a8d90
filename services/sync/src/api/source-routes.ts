import { Router } from "express";
import { toError } from "@deskmirror/model";
import type { DataSource } from "@deskmirror/model";
import type { OpenMirror } from "../mirror/open-mirror.ts";
import { toClosedStatus, toStatus } from "../mirror/status.ts";
import type { KnownAnyway } from "../mirror/status.ts";
import { createWebhookStatus } from "../mirror/webhook-status.ts";
import { patchSource } from "./change-source.ts";
import { authorizeSource, copySource, createSource } from "./create-source.ts";
import type { ApiDeps } from "./deps.ts";
import { createFindSource, notOpen } from "./find-source.ts";
import { authorizeBody, copyBody, noBody, sourceBody, sourcePatch } from "./source-body.ts";
import { toSourceView, toViewWithUrl } from "./source-view.ts";

/** The calls on data sources themselves (contract section 4). */
export function sourceRoutes(deps: ApiDeps): Router {
  const { registry, mirrors } = deps;
  const find = createFindSource(deps);
  const routes = Router();
  const webhookStatus = createWebhookStatus(deps.looks, Date.now);
  const view = (source: DataSource): object => toSourceView(deps, source);
  const viewWithUrl = (source: DataSource): object => toViewWithUrl(deps, source);

  routes.post("/", async (req, res) => {
    const { source, warnings } = await createSource(deps, sourceBody.parse(req.body));
    res.status(201).json({ ...viewWithUrl(source), warnings });
  });

  routes.get("/", async (_req, res) => {
    res.json({ items: (await registry.list()).map(view) });
  });

  routes.get("/:name", async (req, res) => {
    res.json(viewWithUrl(await find.source(req)));
  });

  routes.patch("/:name", async (req, res) => {
    const patch = sourcePatch.parse(req.body);
    res.json(view(await patchSource(deps, await find.source(req), patch)));
  });

  routes.post("/:name/copy", async (req, res) => {
    const { name } = copyBody.parse(req.body);
    const { source, warnings } = await copySource(deps, await find.source(req), name);
    res.status(201).json({ ...viewWithUrl(source), warnings });
  });

  routes.post("/:name/authorize", async (req, res) => {
    const { code } = authorizeBody.parse(req.body);
    res.json(view(await authorizeSource(deps, await find.source(req), code)));
  });

  for (const [action, paused] of [
    ["pause", true],
    ["resume", false],
  ] as const) {
    routes.post(`/:name/${action}`, async (req, res) => {
      const { name } = await find.source(req);
      noBody.parse(req.body ?? {});
      const source = await registry.update(name, { paused });
      await mirrors.follow();
      res.json(view(source));
    });
  }

  routes.get("/:name/status", async (req, res) => {
    const source = await find.source(req);
    // One that could not be opened is tried again by itself; status does not wait for that.
    const open = mirrors.problem(source.name) === null ? await find.mirror(source.name) : null;
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
      isGranted ? webhookStatus(open, dataSource, registry.serviceUrl(dataSource)) : missingWebhook,
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
    const { name } = await find.source(req);
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

const missingWebhook = { id: null, state: "missing", message: null } as const;

function toGrantProblem(name: string, refusal: string | null): string | null {
  if (refusal === null) return null;
  return `${refusal}. Generate a new code in the API console and POST it to /api/sources/${name}/authorize.`;
}

const toIso = (ms: number): string => new Date(ms).toISOString();
