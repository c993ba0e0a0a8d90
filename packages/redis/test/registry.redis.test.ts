import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { TransientError } from "@deskmirror/model";
import { createFaultProxy } from "@deskmirror/testing";
import { createDeliveryQueue } from "../src/delivery-queue.ts";
import { sourcePrefix } from "../src/keys.ts";
import { REGISTRY } from "../src/registry-entry.ts";
import { createSealer } from "../src/sealer.ts";
import { createServiceKey } from "../src/service-key.ts";
import { createSourceRegistry } from "../src/source-registry.ts";
import { group } from "./groups.ts";
import { atEnd, recordLog, testConnection, uniqueName, until } from "./redis.ts";
import {
  client,
  connection,
  createVault,
  dataSource,
  hide,
  key,
  known,
  open,
  openReader,
  url,
} from "./registry-stage.ts";

test("a source is kept with every attribute, and told apart by name", async () => {
  const registry = open();
  const [one, two] = [dataSource("aa"), dataSource("bb", { refreshToken: null, tables: null })];
  await registry.create(two);
  await registry.create(one);
  assert.deepEqual(await registry.get("aa"), one);
  assert.deepEqual(await registry.list(), [one, two]);
  assert.equal(await registry.get("cc"), null);
  await assert.rejects(registry.create(one), { name: "PermanentError", code: "SOURCE_EXISTS" });
  assert.equal(registry.serviceUrl(one), `https://hooks.example.org/hooks/${one.serviceKey}`);
  assert.ok(registry.serviceUrl(one).length <= 100);
});

test("no secret of a source is readable in the vault or in Redis", async () => {
  const vault = createVault();
  const registry = open(vault);
  const source = dataSource();
  await registry.create(source);
  const inRedis = (await client.keys("{dm::registry}*")).filter((name) => name !== REGISTRY.version);
  const atRest = JSON.stringify([...vault.texts, ...(await Promise.all(inRedis.map((name) => client.hgetall(name))))]);
  assert.deepEqual(inRedis.toSorted(), [REGISTRY.entries, "{dm::registry}:sealed"]);
  for (const secret of [...Object.values(hide), source.serviceKey]) assert.ok(!atRest.includes(secret), secret);
});

test("changes made at the same time by two processes are all kept", async () => {
  const vault = createVault();
  const [one, other] = [open(vault), open(vault)];
  const source = dataSource();
  await one.create(source);
  await Promise.all([
    one.update(source.name, { webhookId: "w1" }),
    other.update(source.name, { paused: true }),
    one.update(source.name, { reconcileSeconds: 60 }),
    other.setJwks(source.name, { keys: [] }),
  ]);
  assert.deepEqual(await other.get(source.name), { ...source, webhookId: "w1", paused: true, reconcileSeconds: 60 });
  await assert.rejects(one.update("nobody", {}), { name: "PermanentError", code: "SOURCE_UNKNOWN" });
  await assert.rejects(one.remove("nobody"), { code: "SOURCE_UNKNOWN" });
});

test("ingest knows a key as soon as it is published, with all it needs to judge a delivery", async () => {
  const registry = open();
  await registry.publish();
  const reader = await openReader();
  const source = dataSource(uniqueName(), { webhookId: "w7", signature: "require" });
  assert.deepEqual(reader.find(source.serviceKey), { unknown: true, certain: true });
  await registry.create(source);
  await until(() => "keyHash" in reader.find(source.serviceKey), 2_000);
  await registry.setJwks(source.name, { keys: [{ kid: "k1" }] });
  await registry.update(source.name, { paused: true });
  await until(() => known(reader.find(source.serviceKey)).paused, 2_000);
  const { keyHash: _keyHash, ...entry } = known(reader.find(source.serviceKey));
  assert.deepEqual(entry, {
    source: source.name,
    orgId: "700123456",
    state: "current",
    graceUntilMs: null,
    webhookId: "w7",
    signature: "require",
    jwks: { keys: [{ kid: "k1" }] },
    paused: true,
  });
  assert.deepEqual(reader.sources(), [source.name]);
});

test("a rotated-out key is good for its grace and then rotated, a removed source's keys are removed for good", async () => {
  const registry = open();
  const source = dataSource();
  await registry.create(source);
  const rotated = await registry.rotateKey(source.name, { graceMs: 400 });
  const reader = await openReader();
  assert.notEqual(rotated.serviceKey, source.serviceKey);
  assert.equal(known(reader.find(source.serviceKey)).state, "grace");
  assert.equal(known(reader.find(rotated.serviceKey)).state, "current");
  await until(() => known(reader.find(source.serviceKey)).state === "rotated", 2_000);
  await registry.remove(source.name);
  await reader.refresh();
  for (const each of [source.serviceKey, rotated.serviceKey]) assert.equal(known(reader.find(each)).state, "removed");
  assert.deepEqual(reader.sources(), []);
  assert.equal(await registry.get(source.name), null);
  await registry.create({ ...source, serviceKey: createServiceKey() });
  await reader.refresh();
  assert.equal(known(reader.find(source.serviceKey)).state, "removed");
});

test("removing a source leaves nothing of it in Redis", async () => {
  const registry = open();
  const source = dataSource();
  await registry.create(source);
  const queue = createDeliveryQueue({ connection });
  await queue.add(group(source.name, 3));
  await registry.remove(source.name);
  assert.deepEqual(await client.keys(`${sourcePrefix(source.name)}*`), []);
  await queue.close();
});

test("A23: the webhook of a removed source is kept, sealed, until its removal at Zoho is settled", async () => {
  const vault = createVault();
  const registry = open(vault);
  const [hooked, bare] = [dataSource(uniqueName(), { webhookId: "w1" }), dataSource()];
  for (const source of [hooked, bare]) {
    await registry.create(source);
    await registry.remove(source.name);
  }
  const [removal, ...others] = await registry.removals();
  assert.deepEqual([removal?.source, others], [hooked, []]);
  assert.equal(removal?.nextMs, removal?.sinceMs);
  for (const secret of Object.values(hide)) assert.ok(!JSON.stringify([...vault.texts]).includes(secret));
  await registry.setRemoval(removal!, 7);
  assert.deepEqual(await open(vault).removals(), [{ ...removal, nextMs: 7 }]);
  await registry.setRemoval(removal!, null);
  assert.deepEqual(await registry.removals(), []);
});

test("a rotation that is not confirmed keeps both keys until a later one is", async () => {
  const registry = open();
  const source = dataSource();
  await registry.create(source);
  let unconfirmed = "";
  const refuse = async ({ serviceKey }: { readonly serviceKey: string }): Promise<void> => {
    unconfirmed = serviceKey;
    throw new TransientError("Zoho did not answer");
  };
  await assert.rejects(registry.rotateKey(source.name, { graceMs: 0, confirm: refuse }), /Zoho did not answer/);
  assert.equal((await registry.get(source.name))?.serviceKey, source.serviceKey);
  const reader = await openReader();
  assert.equal(known(reader.find(source.serviceKey)).state, "current");
  assert.equal(known(reader.find(unconfirmed)).state, "grace");
  const { serviceKey } = await registry.rotateKey(source.name, { graceMs: 0 });
  await until(() => known(reader.find(serviceKey)).state === "current");
  for (const key of [source.serviceKey, unconfirmed]) assert.equal(known(reader.find(key)).state, "rotated");
});

test("a key is confirmed while the one before it still works, and no other rotation comes in between", async () => {
  const registry = open();
  const source = dataSource();
  await registry.create(source);
  const reader = await openReader();
  const during: string[] = [];
  await registry.rotateKey(source.name, {
    graceMs: 0,
    async confirm({ serviceKey }) {
      await until(() => "keyHash" in reader.find(serviceKey));
      during.push(known(reader.find(serviceKey)).state, known(reader.find(source.serviceKey)).state);
      await assert.rejects(registry.rotateKey(source.name, { graceMs: 0 }), { name: "TransientError" });
    },
  });
  assert.deepEqual(during, ["current", "grace"]);
  await registry.rotateKey(source.name, { graceMs: 0 });
});

test("a change that is made of the source as it is loses nothing of another made at once", async () => {
  const registry = open();
  const source = dataSource(uniqueName(), { pulls: {} });
  await registry.create(source);
  await Promise.all(
    ["agents", "teams"].map((table) =>
      registry.update(source.name, ({ pulls }) => ({ pulls: { ...pulls, [table]: 1 } })),
    ),
  );
  assert.deepEqual((await registry.get(source.name))?.pulls, { agents: 1, teams: 1 });
});

/** A registry whose Redis is cut off as soon as the vault was written to, from when it is told to. */
async function openCut() {
  const proxy = await createFaultProxy(url);
  atEnd(() => proxy.close());
  const vault = createVault();
  let isCutting = false;
  const cutting = {
    ...vault,
    put: async (name: string, sealed: string) => {
      await vault.put(name, sealed);
      if (isCutting) proxy.cut();
    },
  };
  const shaky = await testConnection(proxy.url);
  const registry = createSourceRegistry({ connection: shaky, vault: cutting, seal: createSealer({ key }) });
  return { registry, vault, proxy, cut: () => void (isCutting = true) };
}

test("a change that Redis could not be told of is published when it is back", async () => {
  const { registry, proxy, cut } = await openCut();
  const source = dataSource();
  await registry.create(source);
  const end = registry.onChange(() => {});
  cut();
  await assert.rejects(registry.update(source.name, { webhookId: "7" }), { name: "TransientError" });
  const reader = await openReader();
  assert.equal(known(reader.find(source.serviceKey)).webhookId, null);
  proxy.restore();
  await until(() => known(reader.find(source.serviceKey)).webhookId === "7", 20_000);
  end();
});

test("a new source that Redis could not be told of is not stored", async () => {
  const { registry, vault, cut } = await openCut();
  cut();
  await assert.rejects(registry.create(dataSource()), { name: "TransientError" });
  assert.deepEqual([...vault.texts.keys()], ["stamp"]);
});

test("ingest starts from its file when Redis is away, and says what it does not know", async () => {
  const dir = await mkdtemp(join(tmpdir(), "deskmirror-registry-"));
  atEnd(() => rm(dir, { recursive: true }));
  const file = join(dir, "sources.json");
  const registry = open();
  const source = dataSource();
  await registry.create(source);
  await openReader({ file });
  await until(async () => (await readFile(file, "utf8").catch(() => "")) !== "");
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.ok(!(await readFile(file, "utf8")).includes(source.serviceKey));

  const proxy = await createFaultProxy(url);
  atEnd(() => proxy.close());
  const shaky = await testConnection(proxy.url, { role: "ingest" });
  proxy.cut();
  await until(() => !shaky.status().ok);
  const { log, lines } = recordLog();
  const reader = await openReader({ connection: shaky, file, log });
  assert.equal(known(reader.find(source.serviceKey)).source, source.name);
  assert.deepEqual(reader.find(createServiceKey()), { unknown: true, certain: false });
  assert.ok(lines.length > 0);
  proxy.restore();
  await until(() => {
    const found = reader.find("never-issued");
    return "unknown" in found && found.certain;
  });
});

test("an unreadable file is said and does not stop the start", async () => {
  const dir = await mkdtemp(join(tmpdir(), "deskmirror-registry-"));
  atEnd(() => rm(dir, { recursive: true }));
  const file = join(dir, "sources.json");
  await writeFile(file, "{torn");
  const { log, lines } = recordLog();
  await openReader({ file, log });
  assert.match(lines[0] ?? "", /unreadable/);
});

test("publishing seals with the present key what the previous key sealed", async () => {
  const vault = createVault();
  const source = dataSource();
  await open(vault).create(source);
  const newKey = randomBytes(32).toString("base64");
  await open(vault, newKey, key).publish();
  assert.deepEqual(await open(vault, newKey).get(source.name), source);
  await assert.rejects(open(vault, key).list(), { name: "ConfigError", message: /SECRET_KEY/ });
});

test("a look that is asked for sees what was published before, even while an older look is under way", async () => {
  const proxy = await createFaultProxy(url);
  atEnd(() => proxy.close());
  const reader = await openReader({ connection: await testConnection(proxy.url) });
  const registry = open();
  await registry.publish();
  const source = dataSource();
  proxy.delay(300);
  const older = reader.refresh();
  await sleep(400); // Redis has answered the older look, and the answer is on its way.
  await registry.create(source);
  await reader.refresh();
  assert.ok("source" in reader.find(source.serviceKey));
  await older;
});
