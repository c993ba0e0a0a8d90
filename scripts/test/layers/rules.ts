import { scan } from "./scan.ts";
import { placeOf, services, targetOf } from "./place.ts";
import type { Place, Target } from "./place.ts";

/** A rule broken by a file. */
export interface Violation {
  readonly file: string;
  /** The import or the use that breaks the rule. */
  readonly what: string;
  readonly rule: string;
}

type ImportRule = (from: Place, to: Target) => boolean;

/** Who may import a library in what is shipped: units by name. zod stands at every door. A new library is entered here. */
const owners: Readonly<Record<string, readonly string[] | "anyone">> = {
  got: ["zoho-desk"],
  jose: ["zoho-desk"],
  bullmq: ["redis"],
  ioredis: ["redis"],
  ulid: ["redis", "ingest"],
  pg: ["sinks"],
  "node:sqlite": ["sinks"],
  pino: ["runtime"],
  "prom-client": ["runtime"],
  express: ["ingest", "sync", "desk-emulator"],
  helmet: ["ingest", "sync", "desk-emulator"],
  commander: ["cli"],
  "cli-progress": ["cli"],
  read: ["cli"],
  zod: "anyone",
};

const shipped: ReadonlySet<Place["kind"]> = new Set(["model", "adapter", "service"]);

/** The import rules: each says whether an import breaks it. */
export const importRules: Readonly<Record<string, ImportRule>> = {
  "model imports nothing but node:crypto": (from, to) =>
    from.kind === "model" && (to.kind === "library" ? to.name !== "node:crypto" : to.place.unit !== "model"),
  "adapters never import each other": (from, to) =>
    from.kind === "adapter" && to.kind === "place" && to.place.kind === "adapter" && to.place.unit !== from.unit,
  "nothing below a service imports it": (from, to) =>
    from.kind !== "service" && from.kind !== "test" && to.kind === "place" && to.place.kind === "service",
  "services never import each other": (from, to) =>
    to.kind === "place" && to.place.kind === "service" && services.has(from.unit) && to.place.unit !== from.unit,
  "testing is imported by tests only": (from, to) =>
    from.kind !== "test" && from.kind !== "testing" && to.kind === "place" && to.place.kind === "testing",
  "tests are imported by tests only": (from, to) =>
    from.kind !== "test" && to.kind === "place" && to.place.kind === "test",
  "scripts and bench are imported by themselves, testing and tests only": (from, to) =>
    shipped.has(from.kind) && to.kind === "place" && to.place.kind === "tool",
  "a package is entered by its name, not by a path": (from, to) =>
    to.kind === "place" && to.relative && to.place.kind !== "tool" && to.place.unit !== from.unit,
  "ingest knows only the signature of zoho-desk": (from, to) =>
    from.kind === "service" &&
    from.unit === "ingest" &&
    to.kind === "place" &&
    to.place.unit === "zoho-desk" &&
    to.entry !== "zoho-desk/signature",
  "a library has one owner, named in scripts/test/layers/rules.ts": (from, to) => {
    if (to.kind !== "library" || !shipped.has(from.kind)) return false;
    const owner = owners[to.name];
    if (owner === undefined) return !to.name.startsWith("node:");
    return owner !== "anyone" && !owner.includes(from.unit);
  },
};

/** The one rule on uses: the rest of the code is handed what it needs. */
export const processRule = "process.env and process.exit stand in a main.ts, runtime, scripts and bench only";

const processUse = /\bprocess\s*(?:\?\.|\.|\[")\s*(?:env|exit)\b|\}\s*=\s*process\b|["'](?:node:)?process["']/;

/** Every rule a file breaks; its path is from the repository's root. */
export function violationsOf(file: string, source: string): readonly Violation[] {
  const { specifiers, code } = scan(source);
  const from = placeOf(file);
  const broken = specifiers.flatMap((specifier) => {
    const to = targetOf(file, specifier);
    const rules = Object.entries(importRules).filter(([, breaks]) => breaks(from, to));
    return rules.map(([rule]) => ({ file, what: `imports ${specifier}`, rule }));
  });
  const use = shipped.has(from.kind) && from.unit !== "runtime" && !file.endsWith("/main.ts") && processUse.exec(code);
  return use ? [...broken, { file, what: `uses ${use[0]}`, rule: processRule }] : broken;
}
