import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import supertest from "supertest";
import { inspect, readCa, startDeployment } from "../docker/deployment.ts";
import type { Deployment, Service } from "../docker/deployment.ts";
import { docker } from "../docker/engine.ts";
import { countDeliveries } from "../docker/traffic.ts";
import { createAdminApi } from "../pair/admin-api.ts";
import type { AdminApi, Verdict } from "../pair/admin-api.ts";
import { SOURCE } from "../proof/cluster.ts";
import { startDesk } from "../proof/desk.ts";
import type { Desk } from "../proof/desk.ts";
import { connectDesk, until } from "../proof/source.ts";

const TABLES = ["departments", "agents", "accounts", "contacts", "tickets"];
const PROJECT = `deskmirror-test-${process.pid}`;

let deployment: Deployment;
let desk: Desk;
let api: AdminApi;
let ca: string;
let hookPath: string;

before(
  async () => {
    deployment = await startDeployment(PROJECT);
    ca = await readCa(deployment);
    console.log(`every container is healthy after ${(deployment.healthyAfterMs / 1_000).toFixed(1)} s`);
    // The Desk sends its webhooks as Zoho does, over TLS; the authority it trusts is read when it starts.
    process.env["NODE_EXTRA_CA_CERTS"] = deployment.caFile;
    const deskArguments = { tickets: 300, host: "0.0.0.0", concurrency: 25, "daily-credits": 2_000_000 };
    desk = await startDesk(deskArguments, join(deployment.dir, "desk.log"));
    const { adminUrl: origin, adminToken: token } = deployment;
    api = createAdminApi({ origin, token, source: SOURCE, signal: new AbortController().signal });
    await until(async () => (await fetch(`${origin}/readyz`)).ok);
  },
  { timeout: 240_000 },
);

after(
  async () => {
    await desk?.running.stop();
    await deployment?.[Symbol.asyncDispose]();
  },
  { timeout: 120_000 },
);

test("every container runs as a user without rights, on a file system it cannot write to", async () => {
  const services: readonly Service[] = ["ingest", "sync", "redis", "postgres", "caddy"];
  for (const service of services) {
    for (const container of await deployment.containers(service)) {
      assert.equal(await inspect(container, ".HostConfig.ReadonlyRootfs"), "true");
      assert.equal(await inspect(container, ".HostConfig.CapDrop"), "[ALL]");
      assert.equal(await inspect(container, ".HostConfig.SecurityOpt"), "[no-new-privileges:true]");
      assert.equal(await inspect(container, ".HostConfig.RestartPolicy.Name"), "unless-stopped");
      await assert.rejects(docker("exec", container, "touch", "/written"), /Read-only file system/);
      const uid = await docker("exec", container, "id", "-u");
      // Caddy's image knows no other user; of root's rights it has the ports below 1024.
      if (service === "caddy")
        assert.match(await inspect(container, ".HostConfig.CapAdd"), /^\[(CAP_)?NET_BIND_SERVICE\]$/);
      else assert.notEqual(uid, "0", `${service} runs as root`);
    }
  }
});

test("from outside only Caddy's ports can be reached, the admin API from this machine alone", async () => {
  for (const service of ["ingest", "sync", "redis", "postgres"] as const) {
    for (const container of await deployment.containers(service)) {
      assert.equal(await inspect(container, "json .HostConfig.PortBindings"), "{}");
    }
  }
  const [caddy] = await deployment.containers("caddy");
  const ports = JSON.parse(await inspect(caddy!, "json .HostConfig.PortBindings")) as Record<
    string,
    { HostIp: string }[]
  >;
  assert.deepEqual(
    Object.entries(ports).map(([port, [first]]) => [port, first!.HostIp]),
    [
      ["443/tcp", ""],
      ["80/tcp", ""],
      ["8081/tcp", "127.0.0.1"],
    ],
  );
  const [ingest] = await deployment.containers("ingest");
  const reach = `fetch("http://postgres:5432").catch(({ cause }) => console.log(cause.code))`;
  assert.match(await docker("exec", ingest!, "node", "-e", reach), /ENOTFOUND|EAI_AGAIN/);
});

test("the pull is complete, and source and sink are equal", { timeout: 240_000 }, async () => {
  const deskUrl = `http://host.docker.internal:${new URL(desk.url).port}`;
  await connectDesk({ api, desk }, { tables: TABLES, accountsUrl: deskUrl, deskUrl });
  await api.run("pull");
  await until(async () =>
    (await api.status()).tables.every(({ state, name }) => state === "live" || !TABLES.includes(name)),
  );
  await assertEqual();
  hookPath = new URL(await readServiceUrl()).pathname;
});

test("a delivery over TLS ends as a row in PostgreSQL", { timeout: 60_000 }, async () => {
  const { key, detail } = await firstTicket();
  const subject = "Taken over TLS";
  await steer("webhooks", { dropNext: 1 });
  await steer(`store/tickets/${key}`, { do: "update", fields: { subject } });
  await desk.delivered();
  assert.notEqual(await readSubject(key), subject);
  const payload = { ...(await firstTicket()).detail };
  assert.equal(payload["id"], detail["id"]);
  const event = {
    eventType: "Ticket_Update",
    eventTime: String(Date.now()),
    orgId: desk.orgId,
    payload,
    prevState: null,
  };
  const answer = await supertest(deployment.httpsUrl).post(hookPath).ca(ca).send([event]);
  assert.deepEqual([answer.status, answer.text], [200, ""]);
  await until(async () => (await readSubject(key)) === subject);
});

test("a hook on port 80 is answered 200 and not redirected; everything else there is 404", async () => {
  for (const url of [deployment.httpUrl, deployment.httpsUrl]) {
    const client = supertest.agent(url, { ca });
    assert.equal((await client.get(hookPath)).status, 200);
    assert.equal((await client.head(hookPath)).status, 200);
    assert.equal((await client.post(hookPath).send([])).status, 200);
    for (const path of ["/", "/api/sources", "/healthz", "/metrics", "/hooks/unknown"]) {
      assert.equal((await client.get(path)).status, 404, `${url}${path}`);
    }
  }
});

test(
  "scaled from 2 to 1 to 3 to 1 while deliveries come, none is answered other than 200",
  { timeout: 300_000 },
  async () => {
    await underTraffic("scaling 2 → 1 → 3 → 1", async () => {
      for (const replicas of [1, 3, 1]) {
        await deployment.up(replicas);
        assert.equal((await deployment.containers("ingest")).length, replicas);
        assert.equal((await deployment.containers("sync")).length, replicas);
        await sleep(2_000);
      }
    });
    await deployment.up();
  },
);

test(
  "replaced one by one while deliveries come, as an upgrade does, none is answered other than 200",
  { timeout: 300_000 },
  async () => {
    await underTraffic("rolling restart", async () => {
      for (const service of ["ingest", "sync"] as const) {
        for (const container of await deployment.containers(service)) {
          await deployment.remove(container);
          await deployment.up();
        }
      }
    });
  },
);

for (const service of ["ingest", "sync", "redis", "postgres"] as const) {
  test(
    `${service} is killed while deliveries come: each is answered 200 and ends as a row`,
    { timeout: 240_000 },
    async () => {
      const [container] = await deployment.containers(service);
      await underTraffic(`kill -9 of ${service}`, () => deployment.kill(container!));
    },
  );
}

test(
  "Caddy, the only one of its kind, is killed: what Desk could not deliver is found by reconcile",
  { timeout: 240_000 },
  async () => {
    const [caddy] = await deployment.containers("caddy");
    const { sent, unanswered } = await countDeliveries({ api, desk }, () => deployment.kill(caddy!));
    await api.run("reconcile");
    await assertEqual();
    console.log(`kill -9 of caddy: ${unanswered} of ${sent} deliveries found nobody; after reconcile 0 lost`);
  },
);

/** Makes changes before, while and after `action` runs; then no delivery may be unanswered or lost. */
async function underTraffic(what: string, action: () => Promise<void>): Promise<void> {
  const { sent, unanswered } = await countDeliveries({ api, desk }, action);
  console.log(`${what}: ${unanswered} of ${sent} deliveries answered other than 200`);
  await assertEqual();
  assert.equal(unanswered, 0);
  assert.equal((await api.status()).ledger.unaccounted, 0);
  console.log(`${what}: 0 lost`);
}

async function assertEqual(): Promise<void> {
  const { equal, tables } = (await api.run("verify")) as Verdict;
  assert.equal(equal, true, JSON.stringify(tables));
}

async function firstTicket(): Promise<{ readonly key: string; readonly detail: Readonly<Record<string, unknown>> }> {
  for await (const record of desk.records("tickets")) if (!record.deleted && !record.archived) return record;
  throw new Error("the Desk has no ticket");
}

async function readSubject(key: string): Promise<string> {
  return await deployment.query(`select data->>'subject' from ${SOURCE}.tickets where id = '${key}'`);
}

async function readServiceUrl(): Promise<string> {
  const headers = { authorization: `Bearer ${deployment.adminToken}` };
  const answer = await fetch(`${deployment.adminUrl}/api/sources/${SOURCE}`, { headers });
  return ((await answer.json()) as { readonly serviceUrl: string }).serviceUrl;
}

/** Steers the Desk beyond what `Desk` offers (docs/emulator.md). */
async function steer(path: string, body: object): Promise<void> {
  const url = `http://127.0.0.1:${new URL(desk.url).port}/_emulator/${path}`;
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, await answer.text());
}
