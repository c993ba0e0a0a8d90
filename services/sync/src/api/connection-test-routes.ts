import { Router } from "express";
import { testConnection } from "../mirror/connection/connection-test.ts";
import { answerRun, toWait } from "./answer-run.ts";
import type { ApiDeps } from "./deps.ts";
import { createFindSource } from "./find-source.ts";
import { noBody } from "./source-body.ts";

/** The call that tests everything a source is connected with (contract section 4). It needs no mirror: that may be what is broken. */
export function connectionTestRoutes(deps: ApiDeps): Router {
  const find = createFindSource(deps);
  const routes = Router();

  routes.post("/:name/test", async (req, res) => {
    const wait = toWait(req);
    const dataSource = await find.source(req);
    noBody.parse(req.body ?? {});
    const serviceUrl = deps.registry.serviceUrl(dataSource);
    await answerRun(deps, res, {
      wait,
      source: dataSource.name,
      kind: "test",
      input: null,
      work: async (signal) => ({ ...(await testConnection(deps.connection, { dataSource, serviceUrl, signal })) }),
    });
  });

  return routes;
}
