import { Router } from "express";
import manifest from "../../../package.json" with { type: "json" };
import { createDocument } from "./document.ts";
import { operations } from "./operations.ts";
import { apiPage } from "./page.ts";

/** The admin API as OpenAPI describes it. */
export const apiDescription = createDocument(operations, manifest.version);

/** `GET /api/openapi.json`; the admin token is asked for before. */
export function descriptionRoutes(): Router {
  const routes = Router();
  routes.get("/openapi.json", (_req, res) => void res.json(apiDescription));
  return routes;
}

/** The description as a page for people. */
export const pageRoutes = (): Router => apiPage(apiDescription);
