import { ConfigError, PermanentError, TransientError } from "@deskmirror/model";
import type { DataSource } from "@deskmirror/model";
import { ApiError } from "./api-error.ts";
import type { ApiDeps, Grant } from "./deps.ts";
import type { SourceBody } from "./source-body.ts";

/** Creates a data source; on any refusal nothing is stored. Gives it with its warnings. */
export async function createSource(
  deps: ApiDeps,
  body: SourceBody,
): Promise<{ readonly source: DataSource; readonly warnings: readonly string[] }> {
  await assertSupported(deps, body);
  if ((await deps.registry.get(body.name)) !== null) throw taken(body.name);
  const { code, ...settings } = body;
  const fresh: DataSource = {
    ...settings,
    refreshToken: null,
    scopes: null,
    serviceKey: deps.createServiceKey(),
    webhookId: null,
    paused: false,
    pulls: {},
    createdMs: Date.now(),
  };
  assertTables(deps, fresh);
  await assertSink(deps, fresh);
  const source = code === undefined ? fresh : withGrant(fresh, await exchange(deps, fresh, code));
  assertTables(deps, source);
  await claim(() => deps.adoptTables(source), code === undefined ? "" : " The code is used up: generate a new one.");
  const warnings = await warningsFor(deps, source);
  try {
    await deps.registry.create(source);
  } catch (error) {
    if (error instanceof PermanentError && error.code === "SOURCE_EXISTS") throw taken(body.name);
    throw error;
  }
  await deps.mirrors.follow();
  return { source, warnings };
}

/** Exchanges a new generated code for the tokens of a source, and keeps the grant. */
export async function authorizeSource(deps: ApiDeps, source: DataSource, code: string): Promise<DataSource> {
  const granted = withGrant(source, await exchange(deps, source, code));
  assertTables(deps, granted);
  const { refreshToken, scopes } = granted;
  const updated = await deps.registry.update(source.name, { refreshToken, scopes });
  await deps.mirrors.follow();
  return updated;
}

function withGrant(source: DataSource, { refreshToken, scopes }: Grant): DataSource {
  return { ...source, refreshToken, scopes };
}

async function exchange(deps: ApiDeps, source: DataSource, code: string): Promise<Grant> {
  try {
    return await deps.exchangeCode(source, code);
  } catch (error) {
    if (error instanceof PermanentError) {
      const hint = "Make a new code at the API console (Self Client → Generate Code) and send it within its minutes.";
      throw new ApiError(422, error.code, { message: error.message, hint });
    }
    if (!(error instanceof TransientError)) throw error;
    const message = `Zoho's answer to the code did not arrive whole: ${error.message}`;
    throw new ApiError(503, "CODE_UNCLEAR", { message, hint: "A code works once: generate a new code and try again." });
  }
}

async function assertSupported(deps: ApiDeps, body: SourceBody): Promise<void> {
  if (body.mode === "csv") {
    const message = "mode: csv is not provided yet.";
    throw new ApiError(422, "MODE_UNSUPPORTED", { message, hint: "Leave mode out, or send document." });
  }
  if (!deps.allowCustomEndpoints && (body.accountsUrl !== null || body.deskUrl !== null)) {
    const message = "accountsUrl and deskUrl send tokens to hosts that are not Zoho's.";
    const hint = "Leave them out, or start sync with ALLOW_CUSTOM_ENDPOINTS=true (emulator and tests only).";
    throw new ApiError(422, "CUSTOM_ENDPOINTS", { message, hint });
  }
  for (const url of [body.accountsUrl, body.deskUrl]) {
    if (url !== null) await deps.assertAllowedHost(new URL(url).hostname);
  }
}

function assertTables(deps: ApiDeps, source: DataSource): void {
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
async function assertSink(deps: ApiDeps, { name, orgId, sinkUrl }: DataSource): Promise<void> {
  const sink = await deps.openSink(sinkUrl ?? deps.defaultSinkUrl);
  await claim(() => sink.prepare([], { source: name, orgId }), "");
}

/** What a sink that is open refuses is what it holds already. */
async function claim(prepare: () => Promise<void>, also: string): Promise<void> {
  try {
    await prepare();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const hint = `Choose another name for the source, or another sinkUrl.${also}`;
    throw new ApiError(409, "SINK_TAKEN", { message: error.message, hint });
  }
}

async function warningsFor(deps: ApiDeps, source: DataSource): Promise<readonly string[]> {
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

function taken(name: string): ApiError {
  const hint = "Choose another name, or remove that source first.";
  return new ApiError(409, "SOURCE_EXISTS", { message: `There is a source ${name} already.`, hint });
}
