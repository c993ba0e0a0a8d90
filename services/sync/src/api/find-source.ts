import type { Request } from "express";
import type { DataSource } from "@deskmirror/model";
import type { OpenMirror } from "../mirror/open-mirror.ts";
import { ApiError } from "./api-error.ts";
import type { ApiDeps } from "./deps.ts";

/** Finds what a call speaks of. */
export interface FindSource {
  /** The source the path names; ApiError 404 when there is none. */
  readonly source: (req: Request) => Promise<DataSource>;
  /** Its open mirror; null when it cannot be opened, or is not yet. */
  readonly mirror: (name: string) => Promise<OpenMirror | null>;
  /** The open mirror of a source that has its tokens; ApiError 409 when it has none, 503 when it is not open. */
  readonly granted: (source: DataSource) => Promise<OpenMirror>;
}

/** Finds sources in the registry and their mirrors in this process. */
export function createFindSource({ registry, mirrors }: Pick<ApiDeps, "registry" | "mirrors">): FindSource {
  async function mirror(name: string): Promise<OpenMirror | null> {
    if (mirrors.get(name) === null) await mirrors.follow();
    return mirrors.get(name);
  }

  return {
    async source(req) {
      const name = String(req.params["name"]);
      const source = await registry.get(name);
      if (source !== null) return source;
      const hint = "Those there are: npx deskmirror source list, or GET /api/sources.";
      throw new ApiError(404, "SOURCE_UNKNOWN", { message: `There is no source ${name}.`, hint });
    },
    mirror,
    async granted({ name, refreshToken }) {
      if (refreshToken === null) {
        const hint = `With a new generated code: npx deskmirror authorize ${name} --code, or POST …/authorize.`;
        throw new ApiError(409, "NOT_AUTHORIZED", { message: `${name} has no tokens yet.`, hint });
      }
      const open = await mirror(name);
      if (open !== null) return open;
      throw notOpen(name, mirrors.problem(name));
    },
  };
}

/** The error for a source that is not open here, for what reason if any is known. */
export function notOpen(name: string, problem: string | null): ApiError {
  const message = problem ?? `${name} is not open here yet.`;
  return new ApiError(503, "NOT_OPEN", { message, hint: "Mend what the message names, or try again in a moment." });
}

/** Work that writes waits while its source is paused: ApiError 409. */
export function assertRunning({ name, paused }: DataSource): void {
  if (!paused) return;
  const hint = `First: npx deskmirror resume ${name}, or POST /api/sources/${name}/resume.`;
  throw new ApiError(409, "PAUSED", { message: `${name} is paused: nothing is written meanwhile.`, hint });
}
