import { once } from "node:events";
import express, { type NextFunction, type Request, type Response, type Router } from "express";
import { z } from "zod";
import type { DeskEmulator } from "../desk-emulator.ts";
import { DeskError } from "../errors.ts";
import type { Json } from "../json.ts";
import type { Workload } from "../workload/workload.ts";
import * as bodies from "./bodies.ts";
import { runAction } from "./actions.ts";

/** The emulator as the control space steers it. */
export type Controlled = Omit<DeskEmulator, "url" | "close">;

/** The control space under `/_emulator`: everything the library can do, over HTTP. */
export function createControl(emulator: Controlled, url: () => string): Router {
  const { stats, clock, faults, store, settings, webhookControls } = emulator;
  const router = express.Router();
  let workload: Workload | undefined;
  router.use(express.json({ limit: "10mb" }));

  const info = (): Json => ({
    url: url(),
    orgId: emulator.orgId,
    clientId: emulator.clientId,
    clientSecret: emulator.clientSecret,
    now: new Date(clock.now()).toISOString(),
  });
  const workloadState = (): Json => ({ total: workload?.total() ?? 0, counts: { ...workload?.counts() } });
  const senderState = (): Json => ({ pending: webhookControls.pending(), ...webhookControls.rates() });

  router.get("/", (_request, response) => void response.json(info()));
  router.post("/code", (request, response) => {
    const { scopes } = bodies.codeBody.parse(request.body ?? {});
    response.json({ code: emulator.generateCode(scopes) });
  });

  router.get("/stats", (_request, response) => void response.json(stats.snapshot()));
  router.delete("/stats", (_request, response) => {
    stats.reset();
    response.json({});
  });

  router.post("/clock", (request, response) => {
    clock.advance(bodies.clockBody.parse(request.body).advanceMs);
    response.json(info());
  });

  router.get("/faults", (_request, response) => void response.json({ faults: faults.list() }));
  router.post("/faults", (request, response) => {
    const {
      revokeScopes = [],
      loseDepartments = [],
      hideFromLists,
      kind,
      ...rest
    } = bodies.faultBody.parse(request.body);
    for (const scope of revokeScopes) faults.revokedScopes.add(scope);
    for (const id of loseDepartments) faults.lostDepartments.add(id);
    if (hideFromLists !== undefined) faults.hideFromLists(hideFromLists);
    if (kind !== undefined) faults.add({ kind, ...rest });
    response.json({ faults: faults.list() });
  });
  router.delete("/faults", (_request, response) => {
    faults.clear();
    response.json({});
  });

  router.get("/workload", (_request, response) => void response.json(workloadState()));
  router.post("/workload", (request, response) => {
    const { changes, ...wanted } = bodies.workloadBody.parse(request.body);
    workload?.stop();
    workload = emulator.workload(wanted);
    workload.run(changes);
    if (wanted.changesPerSecond > 0) workload.start();
    response.json(workloadState());
  });
  router.delete("/workload", (_request, response) => {
    workload?.stop();
    response.json(workloadState());
  });

  router.get("/webhooks", (_request, response) => void response.json(senderState()));
  router.post("/webhooks", async (request, response) => {
    const wanted = bodies.senderBody.parse(request.body);
    webhookControls.set(wanted.set ?? {});
    webhookControls.dropNext(wanted.dropNext ?? 0);
    webhookControls.duplicateNext(wanted.duplicateNext ?? 0);
    webhookControls.reorderNext(wanted.reorderNext ?? 0);
    if (wanted.delayNext !== undefined) webhookControls.delayNext(wanted.delayNext.count, wanted.delayNext.delayMs);
    if (wanted.forgeNext !== undefined) webhookControls.forgeNext(wanted.forgeNext.count, wanted.forgeNext.forgery);
    if (wanted.rotateKey !== undefined) webhookControls.rotateKey(wanted.rotateKey);
    const { sendRaw } = wanted;
    const status = sendRaw === undefined ? null : await webhookControls.sendRaw(sendRaw.webhookId, sendRaw.body);
    response.json({ status, pending: webhookControls.pending(), ...webhookControls.rates() });
  });

  router.get("/settings", (_request, response) => void response.json(settings));
  router.post("/settings", (request, response) => {
    const wanted = bodies.settingsBody.parse(request.body);
    Object.assign(settings, wanted.settings);
    if (wanted.latencyMs !== undefined) emulator.setLatencyMs(wanted.latencyMs);
    if (wanted.indexLagMs !== undefined) emulator.setIndexLagMs(wanted.indexLagMs);
    if (wanted.dailyCredits !== undefined) emulator.setDailyCredits(wanted.dailyCredits);
    if (wanted.concurrency !== undefined) emulator.setConcurrency(wanted.concurrency);
    response.json(settings);
  });

  router.get("/store/:table", async (request, response) => {
    const table = bodies.tableParameter.parse(request.params.table);
    response.setHeader("Content-Type", "application/x-ndjson");
    for (const record of store.records(table)) {
      if (!response.write(`${JSON.stringify(record)}\n`)) await once(response, "drain");
    }
    response.end();
  });
  router.get("/store/:table/:key", (request, response) => {
    const record = store.record(bodies.tableParameter.parse(request.params.table), request.params.key);
    response.status(record === undefined ? 404 : 200).json(record ?? { message: "no such record" });
  });
  router.post("/store/:table", (request, response) => {
    const { fields, parentId } = bodies.createBody.parse(request.body);
    const table = bodies.storedTableParameter.parse(request.params.table);
    const { id } = store.create(table, fields, parentId === undefined ? {} : { parentId });
    response.json(store.record(table, id));
  });
  router.post("/store/:table/:key", (request, response) => {
    const table = bodies.storedTableParameter.parse(request.params.table);
    runAction(store, table, request.params.key, bodies.actionBody.parse(request.body));
    response.json(store.record(table, request.params.key) ?? { deleted: true });
  });

  router.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (error instanceof z.ZodError) response.status(422).json({ message: z.prettifyError(error) });
    else if (error instanceof DeskError) response.status(error.status).json(error.body);
    else next(error);
  });
  return router;
}
