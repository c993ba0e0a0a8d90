import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../pair/free-port.ts";
import { compose, docker } from "./engine.ts";
import { baseImages, images } from "./images.ts";

/** The services of docker-compose.yml. */
export type Service = "caddy" | "ingest" | "sync" | "redis" | "postgres";

/** docker-compose.yml as it runs, under a project name and on ports of its own. */
export interface Deployment extends AsyncDisposable {
  readonly httpUrl: string;
  readonly httpsUrl: string;
  readonly adminUrl: string;
  readonly adminToken: string;
  /** A folder for files that live as long as this. */
  readonly dir: string;
  /** Path of the certificate of Caddy's own authority. */
  readonly caFile: string;
  /** From nothing to every container healthy. */
  readonly healthyAfterMs: number;
  /** Ids of the containers of a service. */
  containers(service: Service): Promise<readonly string[]>;
  /** Creates what is missing of the wanted number of containers and waits until all are healthy; what runs is left alone. */
  up(replicas?: number): Promise<void>;
  /** Kills a container's process, which nothing in it can prevent, and waits until it was started again and is healthy. */
  kill(container: string): Promise<void>;
  /** Ends a container, drained, and removes it. */
  remove(container: string): Promise<void>;
  /** Asks PostgreSQL; one line a row. */
  query(sql: string): Promise<string>;
}

const HEALTHY_WITHIN_SECONDS = 120;
const POLL_MS = 200;

/** Starts it with both services reaching this machine as `host.docker.internal`; `name` is the Compose project. */
export async function startDeployment(name: string): Promise<Deployment> {
  await using releases = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "deskmirror-docker-"));
  releases.defer(() => rm(dir, { recursive: true, force: true }));
  const [http, https, admin] = [await freePort(), await freePort(), await freePort()];
  const adminToken = randomBytes(24).toString("hex");
  const files = await writeFiles(dir, {
    ...baseImages,
    INGEST_IMAGE: images.ingest,
    SYNC_IMAGE: images.sync,
    HTTP_PORT: String(http),
    HTTPS_PORT: String(https),
    ADMIN_PORT: String(admin),
    PUBLIC_HOST: "localhost",
    PUBLIC_URL: `https://localhost:${https}`,
    POSTGRES_PASSWORD: randomBytes(24).toString("hex"),
    SECRET_KEY: randomBytes(32).toString("base64"),
    ADMIN_TOKEN: adminToken,
    ALLOW_CUSTOM_ENDPOINTS: "true",
    LOG_LEVEL: "warn",
  });
  const project = (...args: readonly string[]) => compose("--project-name", name, ...files, ...args);
  const containers = async (service: Service) => (await project("ps", "--quiet", service)).split("\n").filter(Boolean);

  async function up(replicas = 2): Promise<void> {
    const scale = (["ingest", "sync"] as const).flatMap((service) => ["--scale", `${service}=${replicas}`]);
    const waiting = ["--wait", "--wait-timeout", String(HEALTHY_WITHIN_SECONDS)];
    await project("up", "--detach", "--no-build", "--no-recreate", ...waiting, ...scale);
  }

  const startedMs = performance.now();
  releases.defer(async () => void (await project("down", "--volumes", "--timeout", "5")));
  await up();
  const healthyAfterMs = performance.now() - startedMs;
  const caFile = join(dir, "ca.crt");
  await docker("cp", `${(await containers("caddy"))[0]}:/data/caddy/pki/authorities/local/root.crt`, caFile);
  const disposal = releases.move();
  return {
    httpUrl: `http://localhost:${http}`,
    httpsUrl: `https://localhost:${https}`,
    adminUrl: `http://127.0.0.1:${admin}`,
    adminToken,
    dir,
    caFile,
    healthyAfterMs,
    containers,
    up,
    async kill(container) {
      const pid = await inspect(container, ".State.Pid");
      // `docker kill` counts as stopped by a person, and is not started again.
      const own = ["--rm", "--pid=host", "--network=none", "--user=0", "--entrypoint=sh"];
      await docker("run", ...own, images.ingest, "-c", `kill -9 ${pid}`);
      const isBack = async () =>
        (await inspect(container, ".State.Pid")) !== pid &&
        (await inspect(container, ".State.Health.Status")) === "healthy";
      for (const startMs = Date.now(); !(await isBack()); await sleep(POLL_MS)) {
        if (Date.now() - startMs > HEALTHY_WITHIN_SECONDS * 1_000) throw new Error(`${container} did not come back`);
      }
    },
    async remove(container) {
      await docker("stop", container);
      await docker("rm", container);
    },
    async query(sql) {
      const [postgres] = await containers("postgres");
      return await docker("exec", postgres!, "psql", "-h", "/var/run/postgresql", "-U", "deskmirror", "-Atc", sql);
    },
    [Symbol.asyncDispose]: () => disposal.disposeAsync(),
  };
}

/** One thing that the engine knows of a container, by its Go template. */
export async function inspect(container: string, template: string): Promise<string> {
  return await docker("inspect", "--format", `{{${template}}}`, container);
}

/** Gives the arguments by which Compose reads the repository's file, what a test adds to it, and this environment only. */
async function writeFiles(dir: string, env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const [envFile, override] = [join(dir, "env"), join(dir, "override.yml")];
  await writeFile(
    envFile,
    Object.entries(env)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(""),
    { mode: 0o600 },
  );
  const hosts = { sync: { extra_hosts: ["host.docker.internal:host-gateway"] } };
  await writeFile(override, JSON.stringify({ services: hosts }));
  return ["--env-file", envFile, "--file", "docker-compose.yml", "--file", override];
}

/** The certificate of a deployment's authority, as text. */
export function readCa({ caFile }: Pick<Deployment, "caFile">): Promise<string> {
  return readFile(caFile, "utf8");
}
