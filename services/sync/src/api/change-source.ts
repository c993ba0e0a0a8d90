import { toError } from "@deskmirror/model";
import type { DataSource } from "@deskmirror/model";
import { assertSink, assertTables, claim } from "./check-source.ts";
import type { ApiDeps } from "./deps.ts";
import { pullingNewTables } from "./new-tables.ts";
import type { SourcePatch } from "./source-body.ts";
import { subscribe } from "./subscribe.ts";

/** Changes what a person configured of a source; on any refusal nothing is changed. */
export async function patchSource(deps: ApiDeps, source: DataSource, patch: SourcePatch): Promise<DataSource> {
  const { registry } = deps;
  const wanted = apply(source, patch);
  if (patch.tables !== undefined) assertTables(deps, wanted);
  if (toSink(deps, wanted) !== toSink(deps, source)) {
    await assertSink(deps, wanted);
    await claim(() => deps.adoptTables(wanted), "");
  } else if (patch.tables !== undefined || wanted.mode !== source.mode) {
    await claim(() => deps.prepareTables(wanted), "");
  }
  const changed = await pullingNewTables(deps, [source.name], async () => {
    const stored = await registry.update(source.name, (now) => apply(now, patch));
    if (patch.clientSecret !== undefined) await shareSecret(deps, stored);
    return stored;
  });
  if (patch.tables !== undefined) await followTables(deps, changed);
  return changed;
}

function apply(source: DataSource, { throttle = {}, ...patch }: SourcePatch): DataSource {
  return { ...source, ...given(patch), throttle: { ...source.throttle, ...given(throttle) } };
}

/** Without what was left out. */
function given<T extends object>(patch: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as T;
}

const toSink = ({ defaultSinkUrl }: ApiDeps, { sinkUrl }: DataSource): string => sinkUrl ?? defaultSinkUrl;

/** Sources that share a grant share the client, and its tokens are refreshed by any of them. */
async function shareSecret({ registry }: ApiDeps, { name, refreshToken, clientSecret }: DataSource): Promise<void> {
  if (refreshToken === null) return;
  for (const other of await registry.list()) {
    if (other.name !== name && other.refreshToken === refreshToken) await registry.update(other.name, { clientSecret });
  }
}

/** Other tables have other events: a webhook that we registered must tell of them too. What fails here, `test` finds. */
async function followTables(deps: ApiDeps, source: DataSource): Promise<void> {
  const open = deps.mirrors.get(source.name);
  if (source.webhookId === null || open === null) return;
  try {
    await subscribe(deps, source, { open });
  } catch (error) {
    const message = "the webhook could not be told of the new tables; POST …/webhook repairs it";
    deps.log.warn({ err: toError(error), source: source.name }, message);
  }
}
