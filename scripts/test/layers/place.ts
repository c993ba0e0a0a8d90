import { builtinModules } from "node:module";
import { dirname, join } from "node:path/posix";

/**
 * Where a file belongs. `unit` is the folder that is one thing: a package or service by its name, else `scripts` or `bench`.
 */
export interface Place {
  readonly kind: "model" | "adapter" | "service" | "testing" | "test" | "tool";
  readonly unit: string;
}

/** The services, by folder. */
export const services: ReadonlySet<string> = new Set(["ingest", "sync"]);

/** What an import leads to. `entry` is what follows the package's name. */
export type Target =
  | { readonly kind: "place"; readonly place: Place; readonly relative: boolean; readonly entry: string }
  | { readonly kind: "library"; readonly name: string };

/** The place of a file, given by its path from the repository's root. */
export function placeOf(file: string): Place {
  const [top = "", unit = "", folder] = file.split("/");
  if (top === "packages" || top === "services") {
    if (folder === "test") return { kind: "test", unit };
    return { kind: kindOf(unit), unit };
  }
  // Histories run the services' own code in one process, as a test does, at a size that no test has time for.
  const isTest = top === "scripts" && (["test", "proof.ts"].includes(unit) || folder === "histories");
  return { kind: isTest ? "test" : "tool", unit: top };
}

/** What a specifier in a file leads to. Builtin modules are libraries named with `node:`. */
export function targetOf(file: string, specifier: string): Target {
  if (specifier.startsWith(".")) {
    const place = placeOf(join(dirname(file), specifier));
    return { kind: "place", place, relative: true, entry: "" };
  }
  const [scope = "", name = ""] = specifier.split("/");
  if (scope === "@deskmirror") {
    return {
      kind: "place",
      place: { kind: kindOf(name), unit: name },
      relative: false,
      entry: specifier.slice(scope.length + 1),
    };
  }
  if (builtinModules.includes(specifier)) return { kind: "library", name: `node:${specifier.replace("node:", "")}` };
  return { kind: "library", name: scope.startsWith("@") ? `${scope}/${name}` : scope };
}

function kindOf(unit: string): Place["kind"] {
  if (services.has(unit)) return "service";
  return unit === "model" || unit === "testing" ? unit : "adapter";
}
