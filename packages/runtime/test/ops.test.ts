import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { Counter, createMetrics, createOps } from "@deskmirror/runtime";
import type { Checks } from "@deskmirror/runtime";

async function served(checks: Checks, use: (url: string) => Promise<void>): Promise<void> {
  const metrics = createMetrics();
  new Counter({ name: "deskmirror_things_total", help: "things", registers: [metrics] }).inc(3);
  const ops = createOps({ checks, metrics });
  const server = createServer((req, res) => void ops(req, res)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    await use(`http://127.0.0.1:${port}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const well = () => ({ ok: true, message: "well" });

describe("private port", () => {
  test("/readyz is 200 while every check is ok", () =>
    served({ redis: well, spool: async () => well() }, async (url) => {
      const res = await fetch(`${url}/readyz`);
      assert.equal(res.status, 200);
      assert.deepEqual(await res.json(), { checks: { redis: well(), spool: well() } });
    }));

  test("/readyz is 503 and names what is not ok: said, thrown or silent", () =>
    served(
      {
        redis: well,
        spool: () => ({ ok: false, message: "is full" }),
        registry: () => Promise.reject(new Error("cannot be read")),
        frozen: () => new Promise(() => {}),
      },
      async (url) => {
        const res = await fetch(`${url}/readyz?verbose`);
        assert.equal(res.status, 503);
        assert.deepEqual(await res.json(), {
          checks: {
            redis: well(),
            spool: { ok: false, message: "is full" },
            registry: { ok: false, message: "cannot be read" },
            frozen: { ok: false, message: "gave no answer within a second" },
          },
        });
      },
    ));

  test("/healthz is 200 whatever a check says", () =>
    served({ redis: () => ({ ok: false, message: "is away" }) }, async (url) => {
      assert.equal((await fetch(`${url}/healthz`)).status, 200);
    }));

  test("/metrics holds the process's numbers and one's own", () =>
    served({}, async (url) => {
      const res = await fetch(`${url}/metrics`);
      assert.match(res.headers.get("content-type") ?? "", /^text\/plain/);
      const body = await res.text();
      assert.match(body, /^deskmirror_things_total 3$/m);
      assert.match(body, /^process_resident_memory_bytes \d+$/m);
    }));

  test("anything else is 404 with an error that says where to look", () =>
    served({}, async (url) => {
      for (const [path, method] of [
        ["/", "GET"],
        ["/toString", "GET"],
        ["/healthz", "POST"],
      ] as const) {
        const res = await fetch(url + path, { method });
        assert.equal(res.status, 404);
        const body = (await res.json()) as { error: { code: string; message: string; hint: string } };
        assert.deepEqual(Object.keys(body.error), ["code", "message", "hint"]);
      }
    }));
});
