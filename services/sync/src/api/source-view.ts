import type { DataSource } from "@deskmirror/model";
import type { ApiDeps } from "./deps.ts";

/** A data source as the API shows it: no secret, sink without password and query. */
export function toSourceView(deps: Pick<ApiDeps, "redactSinkUrl" | "defaultSinkUrl">, source: DataSource): object {
  const { clientSecret: _secret, refreshToken, serviceKey: _key, pulls: _pulls, createdMs, sinkUrl, ...shown } = source;
  return {
    ...shown,
    sinkUrl: deps.redactSinkUrl(sinkUrl ?? deps.defaultSinkUrl),
    authorized: refreshToken !== null,
    createdAt: new Date(createdMs).toISOString(),
  };
}

/** The same with its service URL, which only answers about one source show. */
export function toViewWithUrl(
  deps: Pick<ApiDeps, "registry" | "redactSinkUrl" | "defaultSinkUrl">,
  source: DataSource,
) {
  return { ...toSourceView(deps, source), serviceUrl: deps.registry.serviceUrl(source) };
}
