import { fileURLToPath } from "node:url";
import { PrepareError, run, say, thisMachine } from "./machine.mjs";
import { installPackage, packagesWith } from "./system-packages.mjs";

/** @import { Machine } from "./machine.mjs" */
/** @import { SystemPackage } from "./system-packages.mjs" */

/**
 * A way to have a Redis: one that runs already, a program to start, an image to run, a package to install.
 * @typedef {{ kind: "url", url: string } | { kind: "program", path: string } | { kind: "docker", image: string }
 *   | ({ kind: "package" } & SystemPackage)} RedisRoute
 */

/** What a route gives to the programs behind: `REDIS_URL`, or `REDIS_SERVER`, a program that takes redis-server's arguments. */

/**
 * The ways to get a Redis, best first (contract, section 1). Lazy: a way is only looked at when those before it failed.
 * @param {Machine} machine
 * @returns {Generator<RedisRoute>}
 */
export function* redisRoutes(machine) {
  const url = machine.env["REDIS_URL"];
  if (url !== undefined && url !== "") {
    yield { kind: "url", url };
    return;
  }
  const program = redisProgram(machine);
  if (program !== null) yield { kind: "program", path: program };
  if (machine.which("docker") !== null && machine.succeeds(["docker", "info"])) {
    yield { kind: "docker", image: machine.env["REDIS_IMAGE"] ?? "redis:7" };
  }
  for (const found of packagesWith(machine, "redis")) yield { kind: "package", ...found };
}

/**
 * Gets a Redis and says how to reach it.
 * @returns {Record<string, string>} environment for what is started next
 */
export function prepareRedis() {
  /** @type {string[]} */
  const failures = [];
  for (const route of redisRoutes(thisMachine)) {
    const result = take(route);
    if (typeof result !== "string") return result;
    failures.push(result);
  }
  throw new PrepareError(
    [
      "A Redis server is needed and none was found. Provide one of these, then run the command again:",
      "  - REDIS_URL=redis://host:6379 of a Redis with appendonly yes and maxmemory-policy noeviction",
      "  - redis-server or valkey-server on PATH, e.g. sudo apt-get install redis-server, brew install redis",
      "  - a running Docker engine",
      ...failures.map((failure) => `Tried: ${failure}`),
    ].join("\n"),
  );
}

/**
 * @param {RedisRoute} route
 * @returns {Record<string, string> | string} environment, or why the route leads nowhere
 */
function take(route) {
  if (route.kind === "url") return { REDIS_URL: route.url };
  if (route.kind === "program") return { REDIS_SERVER: route.path };
  if (route.kind === "docker") return takeImage(route.image);
  const failure = installPackage(route, "No Redis server found", () => redisProgram(thisMachine) !== null);
  return failure ?? { REDIS_SERVER: redisProgram(thisMachine) ?? "" };
}

/** @param {string} image */
function takeImage(image) {
  if (!run(["docker", "image", "inspect", image]).ok) {
    say(`No Redis server found: fetching ${image} with Docker …`);
    const pull = run(["docker", "pull", image]);
    if (!pull.ok) return `docker pull ${image}: ${pull.output.split("\n").at(-1)}`;
  }
  return { REDIS_SERVER: fileURLToPath(new URL("redis-in-docker.sh", import.meta.url)), REDIS_IMAGE: image };
}

/** @param {Machine} machine */
function redisProgram(machine) {
  return machine.which("redis-server") ?? machine.which("valkey-server");
}
