import { run, say } from "./machine.mjs";

/** @import { Machine } from "./machine.mjs" */

/**
 * A package manager, and what our needs are called there: names are tried in order.
 * @typedef {object} Manager
 * @property {string} command
 * @property {readonly string[] | null} update how lists are fetched, where that is a step of its own
 * @property {readonly string[]} install
 * @property {boolean} needsRoot
 * @property {Readonly<Record<Need, readonly string[]>>} names
 */

/** @typedef {"redis" | "libatomic"} Need */

/**
 * A package to install, and the ways to try: commands to run in order.
 * @typedef {object} SystemPackage
 * @property {string} manager
 * @property {string} name
 * @property {readonly (readonly (readonly string[])[])[]} tries
 */

/** @type {readonly Manager[]} */
const managers = [
  {
    command: "apt-get",
    update: ["update"],
    install: ["install", "--yes", "--no-install-recommends"],
    needsRoot: true,
    names: { redis: ["redis-server"], libatomic: ["libatomic1"] },
  },
  {
    command: "dnf",
    update: null,
    install: ["install", "--assumeyes"],
    needsRoot: true,
    names: { redis: ["redis", "valkey"], libatomic: ["libatomic"] },
  },
  {
    command: "apk",
    update: null,
    install: ["add", "--no-cache"],
    needsRoot: true,
    names: { redis: ["redis", "valkey"], libatomic: ["libatomic"] },
  },
  { command: "brew", update: null, install: ["install"], needsRoot: false, names: { redis: ["redis"], libatomic: [] } },
];

/**
 * The packages that hold something, by their names in the first package manager of this machine that asks no password.
 * Lists are only fetched when the install fails without: a fresh machine has none, others need not wait.
 * @param {Machine} machine
 * @param {Need} need
 * @returns {SystemPackage[]}
 */
export function packagesWith(machine, need) {
  for (const { command, update, install, needsRoot, names } of managers) {
    if (machine.which(command) === null) continue;
    const prefix = rootPrefix(machine, needsRoot);
    if (prefix === null) continue;
    return names[need].map((name) => {
      const installing = [...prefix, command, ...install, name];
      const updating = update === null ? [] : [[[...prefix, command, ...update], installing]];
      return { manager: command, name, tries: [[installing], ...updating] };
    });
  }
  return [];
}

/**
 * Installs a package, saying so first.
 * @param {SystemPackage} systemPackage
 * @param {string} why
 * @param {() => boolean} isThere whether what was needed is there now
 * @returns {string | null} what the package manager said last, null when it worked
 */
export function installPackage({ manager, name, tries }, why, isThere) {
  say(`${why}: installing ${name} with ${manager} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  let output = "";
  for (const commands of tries) {
    for (const command of commands) output = run(command, env).output;
    if (isThere()) return null;
  }
  return `${manager} install ${name}: ${output.split("\n").at(-1)}`;
}

/**
 * @param {Machine} machine
 * @param {boolean} needsRoot
 * @returns {readonly string[] | null} what goes before a command, null when it would ask for a password or refuse
 */
function rootPrefix(machine, needsRoot) {
  if (machine.isRoot === needsRoot) return [];
  if (!needsRoot) return null; // brew refuses to run as root
  return machine.which("sudo") !== null && machine.succeeds(["sudo", "-n", "true"]) ? ["sudo", "-n"] : null;
}
