import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatNextSteps } from "../src/output/source.ts";

describe("what is next for a new source", () => {
  const source = {
    name: "acme",
    orgId: "700123456",
    dataCenter: "eu",
    clientId: "1000.X",
    mode: "document",
    tables: null,
    sinkUrl: "sqlite:./data/desk.db",
    signature: "verify",
    throttle: { concurrency: null, reserve: 0.4, dailyCredits: null },
    reconcileSeconds: null,
    compareSeconds: null,
    sweepHours: null,
    webhookId: null,
    paused: false,
    authorized: true,
    createdAt: "2026-01-01T12:00:00Z",
    serviceUrl: "https://desk.example.com/hooks/k",
    warnings: [],
  };

  test("is its grant where it has none", () => {
    assert.deepEqual(formatNextSteps({ ...source, authorized: false }), ["Next: npx deskmirror authorize acme"]);
  });

  test("is its webhook, then its test, as in README", () => {
    const expected = ["Next: npx deskmirror webhook register acme", "Then: npx deskmirror test acme"];
    for (const serviceUrl of ["https://d.example/hooks/k", "http://d.example/hooks/k", "https://d.example:80/hooks/k"])
      assert.deepEqual(formatNextSteps({ ...source, serviceUrl }), expected);
  });

  test("is a public address first where Zoho would refuse the port, or no webhook at all", () => {
    const lines = formatNextSteps({ ...source, serviceUrl: "http://127.0.0.1:8080/hooks/k" });
    assert.match(lines[0] ?? "", /^Next: npx deskmirror webhook register acme, once PUBLIC_URL .*80 or 443;.*skip it/);
    assert.match(lines[0] ?? "", /RECONCILE_SECONDS/);
    assert.equal(lines[1], "Then: npx deskmirror test acme");
  });
});
