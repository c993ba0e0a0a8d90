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
 * One way to get something: commands to run in order.
 * @typedef {object} Attempt
 * @property {string} manager
 * @property {string} name
 * @property {readonly (readonly string[])[]} commands
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
 * The ways to get something from the first package manager of this machine that asks no password, in the order to try them.
 * Lists are only fetched when the install fails without: a fresh machine has none, others need not wait.
 * @param {Machine} machine
 * @param {Need} need
 * @returns {Attempt[]}
 */
export function installAttempts(machine, need) {
  for (const { command, update, install, needsRoot, names } of managers) {
    if (machine.which(command) === null) continue;
    const prefix = rootPrefix(machine, needsRoot);
    if (prefix === null) continue;
    return names[need].flatMap((name) => {
      const installing = [...prefix, command, ...install, name];
      const attempts = [[installing], ...(update === null ? [] : [[[...prefix, command, ...update], installing]])];
      return attempts.map((commands) => ({ manager: command, name, commands }));
    });
  }
  return [];
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
