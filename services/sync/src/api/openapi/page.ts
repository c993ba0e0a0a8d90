import { createRequire } from "node:module";
import { dirname } from "node:path";
import express, { Router } from "express";
import type { JsonObject } from "@deskmirror/model";

const assets = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));

const html = `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Deskmirror: admin API</title>
  <link rel="icon" href="favicon-32x32.png">
  <link rel="stylesheet" href="swagger-ui.css">
  <main id="page"></main>
  <script src="swagger-ui-bundle.js"></script>
  <script src="page.js"></script>
</html>
`;

/** The page at `/docs/` that shows a description and tries its calls; it holds no secret, and asks for the token. */
export function apiPage(description: JsonObject): Router {
  const routes = Router({ strict: true });
  // The description comes with the script: to read it at its address takes a token.
  const script = `SwaggerUIBundle(${JSON.stringify({ spec: description, dom_id: "#page", docExpansion: "list" })});\n`;
  routes.get("/", (_req, res) => res.redirect("/docs/"));
  routes.get("/docs", (_req, res) => res.redirect("/docs/"));
  routes.get("/docs/", (_req, res) => void res.type("html").send(html));
  routes.get("/docs/page.js", (_req, res) => void res.type("js").send(script));
  const shown = /^\/(swagger-ui-bundle\.js|swagger-ui\.css|favicon-32x32\.png)$/;
  routes.use("/docs", (req, _res, next) => (shown.test(req.path) ? next() : next("router")), express.static(assets));
  return routes;
}
