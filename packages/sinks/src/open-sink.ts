import { mkdirSync, realpathSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { ConfigError, toError } from "@deskmirror/model";
import type { Sink } from "@deskmirror/model";
import { assertAllowedHost } from "./forbidden-hosts.ts";
import { hostOf } from "./postgres/pool.ts";
import { openPostgresSink } from "./postgres/postgres-sink.ts";
import { redactSinkUrl } from "./redact-sink-url.ts";
import { openSqliteSink } from "./sqlite/sqlite-sink.ts";

/** Where files of sinks must lie. */
export interface SinkPlace {
  readonly dataDir: string;
}

/**
 * Opens the sink a URL names: `postgres://…`, `postgresql://…` or `sqlite:<path in dataDir>`, relative paths from the working
 * directory. ConfigError when the URL is refused, TransientError when the sink is out of reach.
 */
export async function openSink(url: string, place: SinkPlace): Promise<Sink> {
  const problem = sinkUrlProblem(url, place);
  if (problem !== null) throw new ConfigError(problem);
  if (isSqlite(url)) return openSqliteSink(makePlace(toPath(url), place));
  const host = hostOf(url);
  if (!host.startsWith("/")) await assertAllowedHost(host);
  return openPostgresSink(url);
}

/** Why the text of a sink URL is refused, and what to do; null when it is not. */
export function sinkUrlProblem(url: string, { dataDir }: SinkPlace): string | null {
  if (isSqlite(url)) {
    // Shown without them, two files would look like one.
    if (/[?#]/.test(url)) return `the sink URL ${redactSinkUrl(url)} has a ? or #: name a file without them`;
    const path = toPath(url);
    return path.includes("\0") || !isInside(resolve(dataDir), path) ? outside(path, dataDir) : null;
  }
  if (!/^postgres(ql)?:\/\//i.test(url)) {
    return `the sink URL ${redactSinkUrl(url)} is of no kind we know: use postgres://… or sqlite:<file in DATA_DIR>`;
  }
  try {
    hostOf(url);
    return null;
  } catch (error) {
    return toError(error).message;
  }
}

/** Makes the folder of a file, which no link may lead out of `dataDir`; gives the file's path. */
function makePlace(path: string, { dataDir }: SinkPlace): string {
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    const text = `${folder} cannot be made (${toError(cause).message}): let this user write there, or change DATA_DIR`;
    throw new ConfigError(text, { cause });
  }
  if (!isInside(realpathSync(dataDir), resolve(realpathSync(folder), "file"))) {
    throw new ConfigError(outside(path, dataDir));
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new ConfigError(`${path} is a folder: name a file, such as sqlite:${path}/desk.db`);
  }
  return path;
}

function outside(path: string, dataDir: string): string {
  return `${path} does not lie in DATA_DIR: use a file in ${resolve(dataDir)}, or change DATA_DIR`;
}

function isSqlite(url: string): boolean {
  return /^sqlite:/i.test(url);
}

function toPath(url: string): string {
  return resolve(url.replace(/^sqlite:/i, "").replace(/^\/\/(?=.)/, ""));
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== "" && !way.startsWith("..");
}
