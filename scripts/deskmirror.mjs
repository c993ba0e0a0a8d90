#!/usr/bin/env node
// `npx deskmirror`: the command line, run by the pinned Node, which is installed first when it is missing. Plain JavaScript without
// dependencies, since any Node from 20 on may begin it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { handOver } from "./prepare/hand-over.mjs";
import { isInstalled, prepareNode } from "./prepare/install.mjs";
import { PrepareError, say } from "./prepare/machine.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const pinned = join(root, "node_modules/node/bin/node");
const main = join(root, "packages/cli/src/main.ts");

try {
  // What is installed is left as it is: programs that run may be using it.
  const isThere = existsSync(pinned);
  const node = isThere ? pinned : prepareNode(root);
  if (isThere && !isInstalled(root))
    say(
      `The packages in ${root} are not those of this checkout. \`npm start\` renews them; where it does not run: npm ci`,
    );
  if (process.execPath === node) await import(main);
  else handOver(node, [main, ...process.argv.slice(2)], { root, cwd: process.cwd() });
} catch (error) {
  if (!(error instanceof PrepareError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
