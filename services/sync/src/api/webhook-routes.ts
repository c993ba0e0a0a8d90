import { Router } from "express";
import { ApiError, toApiError } from "./api-error.ts";
import type { ApiDeps } from "./deps.ts";
import { createFindSource } from "./find-source.ts";
import { noBody, rotateBody } from "./source-body.ts";
import { toViewWithUrl } from "./source-view.ts";
import { removeSubscription, subscribe } from "./subscribe.ts";

/** The calls on a source's service URL and its subscription at Zoho (contract section 4). */
export function webhookRoutes(deps: ApiDeps): Router {
  const { registry, mirrors } = deps;
  const find = createFindSource(deps);
  const routes = Router();

  routes.post("/:name/webhook", async (req, res) => {
    const source = await find.source(req);
    noBody.parse(req.body ?? {});
    const { id, enabled, events } = await subscribe(deps, source, { open: await find.granted(source) });
    res.json({ id, state: enabled ? "active" : "disabled", events });
  });

  routes.delete("/:name/webhook", async (req, res) => {
    const source = await find.source(req);
    if (source.webhookId !== null) await removeSubscription(deps, source, await find.granted(source));
    res.json({ id: null, state: "missing" });
  });

  routes.post("/:name/rotate-url", async (req, res) => {
    const source = await find.source(req);
    const { graceSeconds } = rotateBody.parse(req.body ?? {});
    const open = source.webhookId === null ? null : await find.granted(source);
    const rotated = await registry.rotateKey(source.name, {
      graceMs: graceSeconds * 1_000,
      // One that we registered moves at Zoho, who looks whether the new URL answers, before the old one is given up.
      confirm: async (rotated) => {
        if (open !== null) await subscribe(deps, rotated, { open, isMoving: true }).catch(notConfirmed);
      },
    });
    await mirrors.follow();
    res.json(toViewWithUrl(deps, rotated));
  });

  return routes;
}

/** Says of an error that, whatever it was, the old URL goes on. */
function notConfirmed(error: unknown): never {
  const known = toApiError(error);
  if (known === null) throw error;
  const { status, code, hint } = known;
  const message = `Zoho did not confirm the new service URL, so the old one stays: ${known.message}`;
  throw new ApiError(status, code, { message, hint });
}
