import { scopeText } from "./http/answer.ts";
import { STREAM_SPECS, findSpec } from "./streams/index.ts";
import type { StreamSpec } from "./streams/spec.ts";

/** Why a grant does not allow a stream, naming the scope; null when it does, or when the scopes are not known. */
export function missingScope(spec: StreamSpec, scopes: readonly string[] | null): string | null {
  if (scopes === null) return null;
  const granted = new Set(scopes);
  const has = (scope: string): boolean => granted.has(scope) || granted.has(scope.replace(/\.\w+$/, ".ALL"));
  const { read, also = [] } = spec.scopes;
  const missingAlso = also.filter((scope) => !has(scope));
  if (read.some(has) && missingAlso.length === 0) return null;
  const needed = read.some(has) ? missingAlso.join(" and ") : scopeText({ read, also: missingAlso });
  return `the grant lacks the scope ${needed}`;
}

/** Every table, and why a grant does not allow it (null: it does). */
export function missingScopes(source: {
  readonly scopes: readonly string[] | null;
}): ReadonlyMap<string, string | null> {
  return new Map(STREAM_SPECS.map((spec) => [spec.name, missingScope(spec, source.scopes)]));
}

/** The spec of a stream that must exist. */
export function specOf(stream: string): StreamSpec {
  const spec = findSpec(stream);
  if (spec === null) throw new RangeError(`there is no stream ${stream}`);
  return spec;
}
