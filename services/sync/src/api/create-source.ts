import { PermanentError, TransientError, toError } from "@deskmirror/model";
import type { DataSource } from "@deskmirror/model";
import { ApiError } from "./api-error.ts";
import { assertEndpoints, assertSink, assertTables, claim, taken, warningsFor } from "./check-source.ts";
import type { ApiDeps, Grant } from "./deps.ts";
import { pullingNewTables } from "./new-tables.ts";
import type { SourceBody } from "./source-body.ts";

/** A source that was made, and what a person should know of it. */
interface NewSource {
  readonly source: DataSource;
  readonly warnings: readonly string[];
}

/**
 * Creates a data source; on any refusal nothing is left of it, here or at Zoho. When Redis or the sink dies between its tables and the
 * source itself, they stay, empty, for the next try to adopt. Gives it with its warnings.
 */
export async function createSource(deps: ApiDeps, body: SourceBody): Promise<NewSource> {
  await assertEndpoints(deps, body);
  if ((await deps.registry.get(body.name)) !== null) throw taken(body.name);
  const { code, ...settings } = body;
  const fresh: DataSource = {
    ...settings,
    refreshToken: null,
    scopes: null,
    ...newborn(deps),
  };
  assertTables(deps, fresh);
  await assertSink(deps, fresh);
  // A code works once: while Redis is away, which this asks, it is not used.
  await deps.registry.isPublished();
  if (code === undefined) return storeNew(deps, fresh, "");
  const granted = withGrant(fresh, await exchange(deps, fresh, code));
  return orRevoke(deps, granted, async () => {
    assertTables(deps, granted);
    return storeNew(deps, granted, " The code is used up: generate a new one.");
  });
}

/** Makes a source with the grant and settings of another and a service URL of its own; gives it with its warnings. */
export async function copySource(deps: ApiDeps, source: DataSource, name: string): Promise<NewSource> {
  if ((await deps.registry.get(name)) !== null) throw taken(name);
  const copy: DataSource = {
    ...source,
    name,
    ...newborn(deps),
  };
  await assertSink(deps, copy);
  return storeNew(deps, copy, "");
}

/** What every new source begins with: a service URL of its own, and nothing done. */
function newborn({ createServiceKey }: ApiDeps) {
  return { serviceKey: createServiceKey(), webhookId: null, paused: false, pulls: {}, createdMs: Date.now() };
}

/** Makes the tables of a new source, stores it and opens it; gives it with its warnings. `also` is what a refusal by the sink adds. */
async function storeNew(deps: ApiDeps, source: DataSource, also: string): Promise<NewSource> {
  const { registry, mirrors } = deps;
  await claim(() => deps.adoptTables(source), also);
  const warnings = await warningsFor(deps, source);
  try {
    await registry.create(source);
  } catch (error) {
    if (error instanceof PermanentError && error.code === "SOURCE_EXISTS") throw taken(source.name);
    throw error;
  }
  await mirrors.follow();
  return { source, warnings };
}

/** What fails with a new grant leaves none behind at Zoho, who keeps 20 of a client and drops the oldest without a word. */
async function orRevoke<T>(deps: ApiDeps, source: DataSource, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await deps.revokeGrant(source, source.refreshToken!).catch((thrown: unknown) => {
      deps.log.warn(
        { err: toError(thrown), source: source.name },
        "a grant that came to nothing could not be given back",
      );
    });
    throw error;
  }
}

/** Exchanges a new generated code for the tokens of a source; every source that shared its old grant gets the new one. */
export async function authorizeSource(deps: ApiDeps, source: DataSource, code: string): Promise<DataSource> {
  const { registry } = deps;
  const granted = withGrant(source, await exchange(deps, source, code));
  const { refreshToken, scopes } = granted;
  await orRevoke(deps, granted, async () => assertTables(deps, granted));
  const sharing = (await registry.list()).filter(
    (other) => other.name !== source.name && source.refreshToken !== null && other.refreshToken === source.refreshToken,
  );
  const names = [...sharing, source].map(({ name }) => name);
  return pullingNewTables(deps, names, async () => {
    for (const { name } of sharing) await registry.update(name, { refreshToken, scopes });
    return registry.update(source.name, { refreshToken, scopes });
  });
}

function withGrant(source: DataSource, { refreshToken, scopes }: Grant): DataSource {
  return { ...source, refreshToken, scopes };
}

/** Errors of a connection that never came to be: the code is as good as before. */
const UNSENT: ReadonlySet<string> = new Set(["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH"]);

async function exchange(deps: ApiDeps, source: DataSource, code: string): Promise<Grant> {
  try {
    return await deps.exchangeCode(source, code);
  } catch (error) {
    if (error instanceof PermanentError) {
      const hint =
        "Mend what the message names and send it with a new code (API console, Self Client → Generate Code) within its minutes.";
      throw new ApiError(422, error.code, { message: error.message, hint });
    }
    if (!(error instanceof TransientError)) throw error;
    if (UNSENT.has(error.code)) {
      const hint =
        "Nothing was sent: let this machine reach that host and send the same code within its minutes, else generate a new code.";
      throw new ApiError(503, "ZOHO_UNREACHABLE", { message: error.message, hint });
    }
    const message = `Zoho's answer to the code did not arrive whole: ${error.message}`;
    throw new ApiError(503, "CODE_UNCLEAR", { message, hint: "A code works once: generate a new code and try again." });
  }
}
