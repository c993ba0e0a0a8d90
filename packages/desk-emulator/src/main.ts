#!/usr/bin/env node
import { parseArgs } from "node:util";
import { editions, type Edition } from "./checks/limits.ts";
import { createDeskEmulator } from "./emulator.ts";
import type { Crowd } from "./generator/crowds.ts";
import { isRow } from "./json.ts";
import type { Json } from "./json.ts";
import type { DeskEmulatorOptions } from "./options.ts";
import { defaultSettings } from "./settings.ts";

const numbers = {
  port: "port to listen on (9001)",
  seed: "seed of the organization (1)",
  tickets: "tickets to generate (500)",
  departments: "departments, the last one disabled (5)",
  "latency-ms": "time of a request (30)",
  "index-lag-ms": "how late search sees a write (2000)",
  concurrency: "calls at once (the edition's)",
  "daily-credits": "credits a day (the edition's)",
  changes: "live changes a second, from the start (0)",
} as const;

const texts = {
  host: "address to listen on (127.0.0.1)",
  edition: `${editions.join(", ")} (enterprise)`,
  "org-id": "digits (700123456)",
  "client-id": "OAuth client id (1000.DESKEMULATOR)",
  "client-secret": "OAuth client secret (emulator-secret)",
  crowds: 'JSON list of tickets made at once: [{"tickets":7000,"withinMs":999,"inOneDepartment":false}]',
  settings: "JSON object of settings, see docs/emulator.md",
} as const;

function help(): string {
  const lines = Object.entries({ ...numbers, ...texts }).map(([name, text]) => `  --${name.padEnd(16)} ${text}`);
  return `Usage: desk-emulator [options]

A Zoho Desk that runs on this machine. It prints its address, organization id, client id, client secret and a generated code.

${lines.join("\n")}
  --help

A code works once and for three minutes. The next one:
  node -e 'fetch("http://127.0.0.1:9001/_emulator/code", { method: "POST" }).then((r) => r.text()).then(console.log)'
`;
}

function fail(message: string): never {
  console.error(`${message}\n\n${help()}`);
  process.exit(2);
}

function readArguments(): Partial<Record<string, string | boolean>> {
  const options = Object.fromEntries([
    ...Object.keys({ ...numbers, ...texts }).map((name) => [name, { type: "string" as const }]),
    ["help", { type: "boolean" as const }],
  ]) as Record<string, { type: "string" | "boolean" }>;
  try {
    return parseArgs({ options, strict: true }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

const values = readArguments();
if (values["help"] === true) {
  console.log(help());
  process.exit(0);
}

function number(name: keyof typeof numbers): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  if (typeof text !== "string" || !/^\d+$/.test(text)) return fail(`--${name} must be a whole number`);
  return Number(text);
}

function text(name: keyof typeof texts): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

function crowds(): DeskEmulatorOptions["crowds"] {
  const json = text("crowds");
  if (json === undefined) return undefined;
  const given = parseJson(json);
  const isCrowd = (one: Json): boolean => isRow(one) && isCount(one["tickets"]) && isCount(one["withinMs"]);
  if (!Array.isArray(given) || !given.every(isCrowd)) return fail("--crowds must be a JSON list as --help shows it");
  return given as readonly unknown[] as readonly Crowd[];
}

function isCount(value: Json | undefined): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function settings(): DeskEmulatorOptions["settings"] {
  const json = text("settings");
  if (json === undefined) return undefined;
  const given = parseJson(json);
  if (!isRow(given)) return fail("--settings must be a JSON object");
  const unknown = Object.keys(given).find((name) => !(name in defaultSettings));
  return unknown === undefined ? given : fail(`--settings has no setting ${unknown}, see docs/emulator.md`);
}

const edition = text("edition");
if (edition !== undefined && !(editions as readonly string[]).includes(edition))
  fail(`--edition must be one of ${editions.join(", ")}`);

const given = {
  port: number("port") ?? 9001,
  seed: number("seed"),
  tickets: number("tickets"),
  departments: number("departments"),
  latencyMs: number("latency-ms"),
  indexLagMs: number("index-lag-ms"),
  concurrency: number("concurrency"),
  dailyCredits: number("daily-credits"),
  host: text("host"),
  edition: edition as Edition | undefined,
  orgId: text("org-id"),
  clientId: text("client-id"),
  clientSecret: text("client-secret"),
  crowds: crowds(),
  settings: settings(),
};
const options = Object.fromEntries(
  Object.entries(given).filter(([, value]) => value !== undefined),
) as DeskEmulatorOptions;

const emulator = await createDeskEmulator(options);
const changes = number("changes") ?? 0;
if (changes > 0) emulator.workload({ changesPerSecond: changes }).start();

console.log(`url            ${emulator.url}`);
console.log(`control        ${emulator.url}/_emulator`);
console.log(`org id         ${emulator.orgId}`);
console.log(`client id      ${emulator.clientId}`);
console.log(`client secret  ${emulator.clientSecret}`);
console.log(`code           ${emulator.generateCode()}`);

async function stop(): Promise<void> {
  await emulator.close();
  process.exit(0);
}
process.once("SIGINT", () => void stop());
process.once("SIGTERM", () => void stop());
