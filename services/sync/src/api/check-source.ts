import { ConfigError } from "@deskmirror/model";
import type { DataSource } from "@deskmirror/model";
import { ApiError } from "./api-error.ts";
import type { ApiDeps } from "./deps.ts";

/** ApiError 422 when a token would go to hosts that are not Zoho's, unless that is allowed. */
export async function assertEndpoints(
  deps: Pick<ApiDeps, "allowCustomEndpoints" | "assertAllowedHost">,
  { accountsUrl, deskUrl }: Pick<DataSource, "accountsUrl" | "deskUrl">,
): Promise<void> {
  if (!deps.allowCustomEndpoints && (accountsUrl !== null || deskUrl !== null)) {
    const message = "accountsUrl and deskUrl send tokens to hosts that are not Zoho's.";
    const hint = "Leave them out, or start sync with ALLOW_CUSTOM_ENDPOINTS=true (emulator and tests only).";
    throw new ApiError(422, "CUSTOM_ENDPOINTS", { message, hint });
  }
  for (const url of [accountsUrl, deskUrl]) {
    if (url !== null) await deps.assertAllowedHost(new URL(url).hostname);
  }
}

/** ApiError 422 when a table is named that there is not, or whose scope the grant lacks. */
export function assertTables(deps: ApiDeps, source: DataSource): void {
  if (source.tables === null) return;
  const missing = deps.missingScopes(source);
  for (const table of source.tables) {
    const reason = missing.get(table);
    if (reason === undefined) {
      const hint = `The tables are: ${[...missing.keys()].join(" ")}.`;
      throw new ApiError(422, "UNKNOWN_TABLE", { message: `There is no table ${table}.`, hint });
    }
    if (reason === null) continue;
    const hint = "Generate a code with that scope, or leave the table out.";
    throw new ApiError(422, "SCOPE_MISSING", { message: `${table}: ${reason}`, hint });
  }
}

/** The sink is opened before anything is stored: it refuses a bad URL, and a name that another organization had. */
export async function assertSink(deps: ApiDeps, { name, orgId, sinkUrl }: DataSource): Promise<void> {
  const sink = await deps.openSink(sinkUrl ?? deps.defaultSinkUrl);
  await claim(() => sink.prepare([], { source: name, orgId }), "");
}

/** What a sink that is open refuses is what it holds already: ApiError 409. */
export async function claim(prepare: () => Promise<void>, also: string): Promise<void> {
  try {
    await prepare();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const hint = `Choose another name for the source, or another sinkUrl.${also}`;
    throw new ApiError(409, "SINK_TAKEN", { message: error.message, hint });
  }
}

/** What a person should know of a new source, though it works. */
export async function warningsFor(deps: ApiDeps, source: DataSource): Promise<readonly string[]> {
  const sharing = (await deps.registry.list())
    .filter(({ clientId }) => clientId === source.clientId)
    .map(({ name }) => name);
  const warnings: string[] = [];
  if (sharing.length > 0) {
    warnings.push(
      `The client id already serves ${sharing.join(", ")}: Zoho limits the tokens of one client; use one client for each source.`,
    );
  }
  const url = new URL(deps.registry.serviceUrl(source));
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  if (port !== "80" && port !== "443") {
    warnings.push(`The service URL is on port ${port}; Zoho accepts only 80 and 443. Set PUBLIC_URL.`);
  }
  return warnings;
}

/** The error for a name that is in use. */
export function taken(name: string): ApiError {
  const hint = "Choose another name, or remove that source first.";
  return new ApiError(409, "SOURCE_EXISTS", { message: `There is a source ${name} already.`, hint });
}
