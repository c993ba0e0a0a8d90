import { spawnSync } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * What the preparation asks of the machine it runs on; tests give another one.
 * @typedef {object} Machine
 * @property {Readonly<Record<string, string | undefined>>} env
 * @property {boolean} isRoot
 * @property {(name: string) => string | null} which the path of a program on PATH
 * @property {(command: readonly string[]) => boolean} succeeds whether a quick, quiet command ends with 0
 */

/**
 * The machine this process runs on.
 * @type {Machine}
 */
export const thisMachine = {
  env: process.env,
  isRoot: process.getuid?.() === 0,
  which,
  succeeds: (command) => run(command).ok,
};

/**
 * Runs a command quietly; its output is kept for the error message.
 * @param {readonly string[]} command
 * @param {Record<string, string | undefined>} [env]
 */
export function run([program = "", ...args], env = process.env) {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", stdio: "pipe", env });
  return { ok: status === 0, output: error === undefined ? `${stdout}${stderr}`.trim() : error.message };
}

/**
 * Says on stderr what is about to be done, so that stdout stays the command's own.
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Preparation cannot go on; the message says what the person can do. */
export class PrepareError extends Error {}

/** @param {string} name */
function which(name) {
  const places = (process.env["PATH"] ?? "").split(delimiter).filter((place) => place !== "");
  return places.map((place) => join(place, name)).find(isProgram) ?? null;
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
