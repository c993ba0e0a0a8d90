// `npm start`: the pair on this machine for your own Desk, configured by `.env`, on embedded defaults, until Ctrl-C.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { addMissingSecrets } from "./pair/env-file.ts";
import { freePort } from "./pair/free-port.ts";
import { assertPortsAreFree } from "./pair/needed-ports.ts";
import { redisProgram, serviceProgram } from "./pair/programs.ts";
import { waitUntilReady } from "./pair/ready.ts";
import { startProgram } from "./pair/running.ts";
import type { Running } from "./pair/running.ts";
import { aborted, stopSignal } from "./pair/stop-signal.ts";
import { claimFolder } from "./pair/sole-start.ts";
import { supervise } from "./pair/supervise.ts";

const envFile = resolve(".env");
if (existsSync(envFile)) process.loadEnvFile(envFile);
const { BIND_HOST = "", INGEST_PORT = "8080", INGEST_OPS_PORT = "8082", SYNC_PORT = "8081" } = process.env;
const host = ["", "0.0.0.0", "::"].includes(BIND_HOST) ? "127.0.0.1" : BIND_HOST;
const admin = `http://${host}:${SYNC_PORT}`;

let release = () => {};
try {
  release = claimFolder(resolve("data/start.pid"));
  await assertPortsAreFree([
    { variable: "INGEST_PORT", port: INGEST_PORT },
    { variable: "INGEST_OPS_PORT", port: INGEST_OPS_PORT, host },
    { variable: "SYNC_PORT", port: SYNC_PORT, host },
  ]);
} catch (error) {
  release();
  console.error((error as Error).message);
  process.exit(1);
}

const made = addMissingSecrets(envFile, process.env);
Object.assign(process.env, made);
if (Object.keys(made).length > 0)
  console.log(`Wrote ${Object.keys(made).join(" and ")} to ${envFile}; keep this file.`);

const running: Running[] = [];
let programs: readonly Pick<Running, "stop" | "kill">[] = running;
const stop = stopSignal(() => programs.forEach((program) => program.kill()));

if (!process.env["REDIS_URL"] && !process.env["REDIS_URL_FILE"]) {
  const port = await freePort();
  const server = process.env["REDIS_SERVER"] ?? "redis-server";
  running.push(startProgram(redisProgram({ server, dir: resolve("data/redis"), port })));
  process.env["REDIS_URL"] = `redis://127.0.0.1:${port}`;
}
for (const name of ["ingest", "sync"] as const) {
  running.push(startProgram(serviceProgram(name, { env: process.env, logFile: null })));
}

try {
  await waitUntilReady([`http://${host}:${INGEST_OPS_PORT}`, admin], { running, signal: stop });
  programs = running.map((program) => supervise(program, console.error));
  console.log(`ingest takes deliveries at http://127.0.0.1:${INGEST_PORT}/hooks/…`);
  console.log(`sync answers at ${admin}/api with your ADMIN_TOKEN; ${admin}/ describes its calls. Ctrl-C ends both.`);
  const isFound = (process.env["DESKMIRROR_URL"] ?? "http://127.0.0.1:8081") === admin;
  const command = `${isFound ? "" : `DESKMIRROR_URL=${admin} `}npx deskmirror source list`;
  console.log(`Next, in another terminal: ${command}, then README, Connect your Desk.`);
  await aborted(stop);
} catch (error) {
  if (!stop.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
} finally {
  for (const program of programs.toReversed()) await program.stop();
  release();
}
