import assert from "node:assert/strict";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { apiRouters } from "../src/app.ts";
import type { ApiDeps } from "../src/api/deps.ts";
import { operations } from "../src/api/openapi/operations.ts";
import { startPair } from "./pair.ts";
import { createClient } from "./support/api-client.ts";

const { syncUrl } = await startPair({ tickets: 0 });
const call = createClient(syncUrl);

test("every route of the admin API is described, and nothing else", () => {
  const routed = apiRouters({} as ApiDeps).flatMap(([prefix, { stack }]) =>
    stack.flatMap(({ route }) => {
      assert.ok(route, "a router of the API holds routes only, so that they can be listed");
      const path = `${prefix}${route.path}`.replace(/\/$/, "").replaceAll(/:(\w+)/g, "{$1}");
      return [...new Set(route.stack.map(({ method }) => method))].map((method) => `${method} ${path}`);
    }),
  );
  const described = operations.map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(described.toSorted(), routed.toSorted());
});

test("GET /api/openapi.json takes the token and gives a valid OpenAPI document", async () => {
  assert.equal((await call("get", "/api/openapi.json", null)).status, 401);
  const res = await call("get", "/api/openapi.json");
  assert.equal(res.status, 200);
  const { valid, errors } = await new Validator().validate(res.body);
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(Object.keys(res.body.paths).length, new Set(operations.map(({ path }) => path)).size);
});

test("/ leads to the page, which needs no token, runs no inline script and shows the description", async () => {
  const root = await call("get", "/", null);
  assert.deepEqual([root.status, root.headers["location"]], [302, "/docs/"]);
  const page = await call("get", "/docs/", null);
  assert.equal(page.status, 200);
  assert.match(page.headers["content-type"]!, /text\/html/);
  assert.match(page.headers["content-security-policy"]!, /script-src 'self';/);
  assert.match(page.headers["content-security-policy"]!, /frame-ancestors 'none'/);
  // Where there is no TLS, a browser told to upgrade would find no script.
  assert.doesNotMatch(page.headers["content-security-policy"]!, /upgrade-insecure-requests/);
  assert.doesNotMatch(page.text, /<script>|\son\w+=/);
  const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file!);
  assert.equal(files.length, 4);
  for (const file of files) assert.equal((await call("get", `/docs/${file}`, null)).status, 200, file);
  assert.match((await call("get", "/docs/page.js", null)).text, /\/api\/sources\/\{name\}\/status/);
  assert.equal((await call("get", "/docs/package.json", null)).status, 404);
});
