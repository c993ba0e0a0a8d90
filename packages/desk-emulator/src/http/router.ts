import type { Method, Route } from "./route.ts";

/** What a path leads to: a route, a known path with another verb, or nothing. */
export type Match =
  | { readonly kind: "route"; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: "wrongVerb" }
  | { readonly kind: "nothing" };

interface Pattern {
  readonly route: Route;
  readonly segments: readonly string[];
}

/** Finds the route of a verb and path; literal segments win over `:names`. */
export function createRouter(routes: readonly Route[]): (method: string, path: string) => Match {
  const bySize = new Map<number, Pattern[]>();
  for (const route of routes) {
    const segments = route.path.split("/").slice(1);
    bySize.set(segments.length, [...(bySize.get(segments.length) ?? []), { route, segments }]);
  }
  for (const [size, patterns] of bySize) bySize.set(size, patterns.toSorted(byLiterals));

  return (method, path) => {
    const parts = path.split("/").slice(1).map(decode);
    const matching = (bySize.get(parts.length) ?? []).filter(({ segments }) => fits(segments, parts));
    const [best] = matching;
    if (best === undefined) return { kind: "nothing" };
    const chosen = matching.find(({ route }) => route.method === (method as Method));
    if (chosen === undefined || literals(chosen) < literals(best)) return { kind: "wrongVerb" };
    const names = chosen.segments.map((segment, position) => [segment, parts[position] as string] as const);
    const params = Object.fromEntries(
      names.filter(([name]) => name.startsWith(":")).map(([name, value]) => [name.slice(1), value]),
    );
    return { kind: "route", route: chosen.route, params };
  };
}

function literals({ segments }: Pattern): number {
  return segments.filter((segment) => !segment.startsWith(":")).length;
}

function byLiterals(a: Pattern, b: Pattern): number {
  return literals(b) - literals(a);
}

function fits(segments: readonly string[], parts: readonly string[]): boolean {
  return segments.every((segment, position) => segment.startsWith(":") || segment === parts[position]);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
