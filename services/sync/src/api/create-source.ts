import { PermanentError, TransientError } from "@deskmirror/model";
import type { DataSource } from "@deskmirror/model";
import { ApiError } from "./api-error.ts";
import { assertEndpoints, assertMode, assertSink, assertTables, claim, taken, warningsFor } from "./check-source.ts";
import type { ApiDeps, Grant } from "./deps.ts";
import type { SourceBody } from "./source-body.ts";

/** Creates a data source; on any refusal nothing is stored. Gives it with its warnings. */
export async function createSource(
  deps: ApiDeps,
  body: SourceBody,
): Promise<{ readonly source: DataSource; readonly warnings: readonly string[] }> {
  assertMode(body.mode);
  await assertEndpoints(deps, body);
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
  await storeNew(deps, source);
  return { source, warnings };
}

/** Makes a source with the grant and settings of another and a service URL of its own; gives it with its warnings. */
export async function copySource(deps: ApiDeps, source: DataSource, name: string) {
  if ((await deps.registry.get(name)) !== null) throw taken(name);
  const copy: DataSource = {
    ...source,
    name,
    serviceKey: deps.createServiceKey(),
    webhookId: null,
    paused: false,
    pulls: {},
    createdMs: Date.now(),
  };
  await assertSink(deps, copy);
  await claim(() => deps.adoptTables(copy), "");
  const warnings = await warningsFor(deps, copy);
  await storeNew(deps, copy);
  return { source: copy, warnings };
}

/** Stores a new source and opens it. */
async function storeNew({ registry, mirrors }: ApiDeps, source: DataSource): Promise<void> {
  try {
    await registry.create(source);
  } catch (error) {
    if (error instanceof PermanentError && error.code === "SOURCE_EXISTS") throw taken(source.name);
    throw error;
  }
  await mirrors.follow();
}

/** Exchanges a new generated code for the tokens of a source; every source that shared its old grant gets the new one. */
export async function authorizeSource(deps: ApiDeps, source: DataSource, code: string): Promise<DataSource> {
  const granted = withGrant(source, await exchange(deps, source, code));
  assertTables(deps, granted);
  const { refreshToken, scopes } = granted;
  for (const other of await deps.registry.list()) {
    const shares = source.refreshToken !== null && other.refreshToken === source.refreshToken;
    if (shares && other.name !== source.name) await deps.registry.update(other.name, { refreshToken, scopes });
  }
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
