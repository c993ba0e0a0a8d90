import { Router } from "express";
import type { DataSource, Held } from "@deskmirror/model";
import type { OpenMirror } from "../mirror/open-mirror.ts";
import { ApiError } from "./api-error.ts";
import type { ApiDeps } from "./deps.ts";
import { assertRunning, createFindSource, notOpen } from "./find-source.ts";
import { decideBody } from "./source-body.ts";

/** The calls on deletes that are held because a listing lacks more than is believed (contract section 4, deletes). */
export function deleteRoutes(deps: ApiDeps): Router {
  const find = createFindSource(deps);
  const routes = Router();

  async function mirrorOf({ name }: DataSource): Promise<OpenMirror> {
    const open = await find.mirror(name);
    if (open === null) throw notOpen(name, deps.mirrors.problem(name));
    return open;
  }

  routes.get("/:name/deletes", async (req, res) => {
    const source = await find.source(req);
    const { sink } = await mirrorOf(source);
    res.json({ items: (await sink.suspects.held(source.name)).map(toView) });
  });

  for (const [verb, verdict] of [
    ["confirm", "ask"],
    ["refuse", "forget"],
  ] as const) {
    routes.post(`/:name/deletes/${verb}`, async (req, res) => {
      const source = await find.source(req);
      const { table } = decideBody.parse(req.body ?? {});
      const { sink, contexts } = await mirrorOf(source);
      assertRunning(source);
      const context = contexts.get(table);
      const count = context === undefined ? 0 : await sink.suspects.decide(context.writer.table, verdict);
      if (count === 0) throw nothingHeld(source.name, table);
      res.json({ table, count });
    });
  }

  return routes;
}

function toView({ stream, count, keys, sinceMs }: Held) {
  return { table: stream, count, ids: keys, since: new Date(sinceMs).toISOString() };
}

function nothingHeld(name: string, table: string): ApiError {
  const hint = `What is held: npx deskmirror deletes list ${name}, or GET /api/sources/${name}/deletes.`;
  return new ApiError(409, "NOTHING_HELD", { message: `No deletes of ${table} are held.`, hint });
}
