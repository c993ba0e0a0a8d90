import { randomBytes } from "node:crypto";
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAdminApi } from "../pair/admin-api.ts";
import type { AdminApi } from "../pair/admin-api.ts";
import { freePort } from "../pair/free-port.ts";
import { redisProgram, serviceProgram } from "../pair/programs.ts";
import { waitUntilReady } from "../pair/ready.ts";
import { startProgram } from "../pair/running.ts";
import type { Running } from "../pair/running.ts";
import type { Child } from "../servers/child.ts";
import { preparePostgresServer } from "../servers/postgres.ts";
import type { PreparedPostgres } from "../servers/postgres.ts";
import { startBalancer } from "./balancer.ts";
import type { Balancer } from "./balancer.ts";
import { startDesk } from "./desk.ts";
import type { Desk, DeskArguments } from "./desk.ts";
import { startSlowLink } from "./slow-link.ts";
import type { SlowLink } from "./slow-link.ts";

/** A program that can be ended and started again under the same address. */
export interface Member {
  /** Address of its private port. */
  readonly origin: string;
  /** As it runs now, or ran last. */
  readonly running: () => Running;
  readonly start: () => void;
}

/** The PostgreSQL of a cluster. */
export interface PostgresMember {
  readonly url: string;
  readonly logFile: string;
  /** As it runs now, or ran last. */
  readonly child: () => Child;
  start(): Promise<void>;
}

/** Everything that runs in a deployment, each as a process of its own: ingest × 2 behind a balancer, sync × 2, Redis, PostgreSQL, a Desk. */
export interface Cluster extends AsyncDisposable {
  readonly desk: Desk;
  /** The admin API of the first sync. */
  readonly api: AdminApi;
  readonly balancer: Balancer;
  readonly postgres: PostgresMember;
  readonly redis: Member;
  /** Stands between the services and Redis. */
  readonly redisLink: SlowLink;
  readonly ingests: readonly Member[];
  readonly syncs: readonly Member[];
  /** What each of them has printed. */
  logFiles(): readonly string[];
}

/** The source of every proof. */
export const SOURCE = "acme";

const REPLICAS = 2;

/** What a cluster is started with. */
export interface ClusterOptions {
  /** Options of the Desk emulator's command. */
  readonly deskArguments: DeskArguments;
  /** Added to the environment of both services. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The empty folder of PostgreSQL's data; one of its own when left out. */
  readonly postgresDir?: string;
  /** PostgreSQL's own settings, `name=value`. */
  readonly postgresSettings?: readonly string[];
  readonly signal: AbortSignal;
}

/** Starts a cluster. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { signal } = options;
  await using releases = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), "deskmirror-proof-"));
  // PostgreSQL may run as another user.
  chmodSync(dir, 0o755);
  releases.defer(() => rmSync(dir, { recursive: true, force: true }));
  const desk = await startDesk(options.deskArguments, join(dir, "desk.log"));
  releases.defer(() => desk.running.stop());
  const { postgresDir = join(dir, "postgres"), postgresSettings = [] } = options;
  mkdirSync(postgresDir, { recursive: true });
  const postgres = await startPostgres(await preparePostgresServer(postgresDir, postgresSettings));

  const redisPort = await freePort();
  const server = process.env["REDIS_SERVER"] ?? "redis-server";
  const redis = startMember(`redis://127.0.0.1:${redisPort}`, () =>
    startProgram(redisProgram({ server, dir: join(dir, "redis"), port: redisPort })),
  );
  const redisLink = await startSlowLink(redis.origin);
  releases.defer(() => redisLink.close());

  const ingestPorts = await Promise.all(Array.from({ length: REPLICAS }, freePort));
  const balancer = await startBalancer(ingestPorts);
  const adminToken = randomBytes(24).toString("hex");
  const shared = {
    PATH: process.env["PATH"],
    REDIS_URL: redisLink.url,
    DATA_DIR: dir,
    SPOOL_DIR: join(dir, "spool"),
    SINK_URL: postgres.url,
    SECRET_KEY: randomBytes(32).toString("base64"),
    ADMIN_TOKEN: adminToken,
    PUBLIC_URL: balancer.url,
    ALLOW_CUSTOM_ENDPOINTS: "true",
    LOG_LEVEL: "warn",
    ...options.environment,
  };
  const ingests = await Promise.all(
    ingestPorts.map(async (port, index) => {
      const opsPort = await freePort();
      return startService("ingest", index, opsPort, { INGEST_PORT: `${port}`, INGEST_OPS_PORT: `${opsPort}` });
    }),
  );
  releases.defer(() => balancer.stop());
  const syncs = await Promise.all(
    Array.from({ length: REPLICAS }, async (_, index) => {
      const port = await freePort();
      return startService("sync", index, port, { SYNC_PORT: `${port}` });
    }),
  );
  const services = [...ingests, ...syncs];
  await waitUntilReady(
    services.map(({ origin }) => origin),
    { running: [desk.running, ...[redis, ...services].map(({ running }) => running())], signal },
  );
  const api = createAdminApi({ origin: syncs[0]!.origin, token: adminToken, source: SOURCE, signal });
  const disposal = releases.move();
  return {
    desk,
    api,
    balancer,
    postgres,
    redis,
    redisLink,
    ingests,
    syncs,
    logFiles: () => [
      desk.running.program.logFile!,
      postgres.logFile,
      ...[redis, ...services].map(({ running }) => running().program.logFile!),
    ],
    [Symbol.asyncDispose]: () => disposal.disposeAsync(),
  };

  function startService(
    name: "ingest" | "sync",
    index: number,
    port: number,
    own: Readonly<Record<string, string>>,
  ): Member {
    const program = serviceProgram(name, { env: { ...shared, ...own }, logFile: join(dir, `${name}-${index}.log`) });
    return startMember(`http://127.0.0.1:${port}`, () => startProgram(program));
  }

  async function startPostgres({ url, start }: PreparedPostgres): Promise<PostgresMember> {
    const logFile = join(dir, "postgres.log");
    const launch = () => start((text) => appendFileSync(logFile, text));
    let child = await launch();
    releases.defer(() => child.stop("SIGINT"));
    return {
      url,
      logFile,
      child: () => child,
      async start() {
        child = await launch();
      },
    };
  }

  function startMember(origin: string, launch: () => Running): Member {
    let running = launch();
    releases.defer(() => running.stop());
    return {
      origin,
      running: () => running,
      start() {
        running = launch();
      },
    };
  }
}
