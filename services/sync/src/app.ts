import express from "express";
import type { Express, RequestHandler } from "express";
import helmet from "helmet";
import { OPS_PATHS } from "@deskmirror/runtime";
import { adminToken } from "./api/admin-token.ts";
import { errorAnswers, notFound } from "./api/api-error.ts";
import type { ApiDeps } from "./api/deps.ts";
import { sourceRoutes } from "./api/source-routes.ts";

/** Builds the private app of sync: admin API, health and metrics. It does not listen. */
export function createApp(deps: ApiDeps & { readonly adminToken: string; readonly ops: RequestHandler }): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.use(helmet({ contentSecurityPolicy: { directives: { frameAncestors: ["'none'"] } } }));
  app.all([...OPS_PATHS], deps.ops);
  app.use("/api", adminToken(deps.adminToken, Date.now), express.json({ limit: "64kb" }));
  app.use("/api/sources", sourceRoutes(deps));
  app.use(notFound);
  app.use(errorAnswers(deps.log));
  return app;
}
