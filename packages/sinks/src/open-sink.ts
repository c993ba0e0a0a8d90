import { mkdirSync, realpathSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { ConfigError } from "@deskmirror/model";
import type { Sink } from "@deskmirror/model";
import { assertAllowedHost } from "./forbidden-hosts.ts";
import { hostOf } from "./postgres/pool.ts";
import { openPostgresSink } from "./postgres/postgres-sink.ts";
import { redactSinkUrl } from "./redact-sink-url.ts";
import { openSqliteSink } from "./sqlite/sqlite-sink.ts";

/**
 * Opens the sink a URL names: `postgres://…`, `postgresql://…` or `sqlite:<path in dataDir>`, relative paths from the working
 * directory. ConfigError when the URL is refused, TransientError when the sink is out of reach.
 */
export async function openSink(url: string, { dataDir }: { readonly dataDir: string }): Promise<Sink> {
  if (/^sqlite:/i.test(url)) return openSqliteSink(toPath(url, dataDir));
  if (!/^postgres(ql)?:\/\//i.test(url)) {
    throw new ConfigError(
      `the sink URL ${redactSinkUrl(url)} is of no kind we know: use postgres://user:password@host/database or sqlite:./data/desk.db`,
    );
  }
  const host = hostOf(url);
  if (!host.startsWith("/")) await assertAllowedHost(host);
  return openPostgresSink(url);
}

function toPath(url: string, dataDir: string): string {
  const path = resolve(url.replace(/^sqlite:/i, "").replace(/^\/\/(?=.)/, ""));
  const refuse = (): never => {
    throw new ConfigError(`${path} does not lie in DATA_DIR: use a file in ${resolve(dataDir)}, or set DATA_DIR`);
  };
  if (path.includes("\0") || !isInside(resolve(dataDir), path)) refuse();
  mkdirSync(dirname(path), { recursive: true });
  if (!isInside(realpathSync(dataDir), resolve(realpathSync(dirname(path)), "file"))) refuse();
  return path;
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== "" && !way.startsWith("..");
}
