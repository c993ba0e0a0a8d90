import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { PrepareError, run, say, thisMachine } from "./machine.mjs";
import { installPackage, packagesWith } from "./system-packages.mjs";

/** @typedef {{ version?: string, resolved?: string, link?: boolean, optional?: boolean, hasInstallScript?: boolean, os?: string[], cpu?: string[] }} LockEntry */
/** @typedef {Record<string, LockEntry>} LockEntries */
/** @typedef {{ platform: string, arch: string }} Platform */

/**
 * Whether what is installed is what the lock asks for. Optional packages of other platforms may be absent; one of this platform
 * that has an install script may not, since npm drops it silently when the script failed.
 * @param {LockEntries} wanted
 * @param {LockEntries} installed
 * @param {Platform} platform
 */
export function matchesLock(wanted, installed, { platform, arch }) {
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith("node_modules/")) return true;
    const found = installed[path];
    if (found !== undefined)
      return found.version === entry.version && (!entry.link || found.resolved === entry.resolved);
    const fits = entry.os?.includes(platform) && entry.cpu?.includes(arch);
    return entry.optional === true && !(entry.hasInstallScript === true && fits);
  });
}

/**
 * Installs what is missing of the npm packages, and sees that the pinned Node runs.
 * @param {string} root the repository
 * @returns {string} path of the pinned Node
 */
export function prepareNode(root) {
  const node = join(root, "node_modules/node/bin/node");
  // Scripts come later and by name: they need the pinned Node to run, which may need a library of the system first.
  if (!isInstalled(root)) {
    say("Installing npm packages …");
    npm(root, ["ci", "--ignore-scripts", "--include=dev", "--include=optional"]);
  }
  if (!existsSync(node)) npm(root, ["rebuild", "node", "--ignore-scripts=false"]);
  if (!runs(node)) prepareLibraries(node);
  const stamp = join(root, "node_modules/.prepared");
  if (!existsSync(stamp)) {
    npm(root, ["rebuild", ...packagesToBuild(root), "--ignore-scripts=false"]);
    writeFileSync(stamp, "");
  }
  return node;
}

/**
 * Whether the installed npm packages are those of the lock.
 * @param {string} root the repository
 */
export function isInstalled(root) {
  const installed = readJson(root, "node_modules/.package-lock.json")?.packages ?? {};
  return matchesLock(readJson(root, "package-lock.json")?.packages ?? {}, installed, process);
}

/**
 * The installed packages whose install scripts package.json approves.
 * @param {string} root
 */
function packagesToBuild(root) {
  const allowed = readJson(root, "package.json")?.allowScripts ?? {};
  const installed = readJson(root, "node_modules/.package-lock.json")?.packages ?? {};
  return Object.keys(allowed).filter((name) => allowed[name] && installed[`node_modules/${name}`] && name !== "node");
}

/**
 * @param {string} root
 * @param {string[]} args
 */
function npm(root, args) {
  const bin = join(root, "node_modules/.bin");
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((place) => place !== bin);
  // npm must not be run by a pinned Node that is half installed, nor NODE_ENV decide what is installed.
  const env = { ...process.env, NODE_ENV: "", PATH: path.join(delimiter) };
  const { ok, output } = run(["npm", ...args, "--prefix", root, "--no-audit", "--no-fund"], env);
  if (!ok) throw new PrepareError(`npm ${args.join(" ")} failed:\n${output}`);
}

/**
 * Node's own builds need libatomic.so.1, which a bare Debian lacks.
 * @param {string} node
 */
function prepareLibraries(node) {
  const { output } = run([node, "--version"]);
  if (output.includes("libatomic.so.1")) {
    for (const found of packagesWith(thisMachine, "libatomic")) {
      if (installPackage(found, "Node needs libatomic.so.1", () => runs(node)) === null) return;
    }
  }
  throw new PrepareError(
    `The pinned Node does not run here:\n${output}\n` +
      "When a library is missing, install it (libatomic.so.1: sudo apt-get install libatomic1, sudo dnf install libatomic) and run the command again.",
  );
}

/** @param {string} node */
function runs(node) {
  return run([node, "--version"]).ok;
}

/**
 * @param {string} root
 * @param {string} name
 */
function readJson(root, name) {
  try {
    return JSON.parse(readFileSync(join(root, name), "utf8"));
  } catch {
    return null;
  }
}
