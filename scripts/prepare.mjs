// Begins demo, start, the tests, bench and proof on a machine with nothing but Node 20 and npm: installs what is missing, finds or gets a
// Redis, and hands over to the pinned Node. Plain JavaScript without dependencies, for that reason.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { handOver } from "./prepare/hand-over.mjs";
import { prepareNode } from "./prepare/install.mjs";
import { PrepareError, say } from "./prepare/machine.mjs";
import { prepareRedis } from "./prepare/redis.mjs";

/** @type {Record<string, string>} */
const programs = {
  demo: "scripts/demo.ts",
  start: "scripts/start.ts",
  test: "scripts/test.ts",
  "test:docker": "scripts/test-docker.ts",
  "test:faults": "scripts/test-faults.ts",
  bench: "bench/main.ts",
  proof: "scripts/proof.ts",
};

const root = fileURLToPath(new URL("..", import.meta.url));
const [command = "", ...args] = process.argv.slice(2);

try {
  const program = programs[command];
  if (program === undefined)
    throw new PrepareError(`usage: prepare.mjs ${Object.keys(programs).join("|")} [arguments]`);
  if (Number.parseInt(process.versions.node, 10) < 20) {
    throw new PrepareError(`Node 20 or newer is needed to begin; this is ${process.version}. See https://nodejs.org`);
  }
  const node = prepareNode(root);
  // In Docker everything brings its own.
  const hasRedis = command === "test:docker" || (command === "start" && namesRedis());
  const redis = hasRedis ? {} : prepareRedis();
  handOver(node, [join(root, program), ...args], { root, cwd: root, env: redis });
} catch (error) {
  if (!(error instanceof PrepareError)) throw error;
  say(error.message);
  if (command.startsWith("test")) process.stdout.write("0 passed, 1 failed\n");
  process.exitCode = 1;
}

/** `npm start` reads `.env` and `REDIS_URL_FILE` itself; a Redis named there is not looked for elsewhere. */
function namesRedis() {
  const file = join(root, ".env");
  if (process.env["REDIS_URL_FILE"]) return true;
  return existsSync(file) && /^\s*(export\s+)?REDIS_URL(_FILE)?\s*=\s*\S/m.test(readFileSync(file, "utf8"));
}
