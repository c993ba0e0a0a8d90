import { Router } from "express";
import * as z from "zod";
import type { DeadLetterHead, DeadLetterPage } from "@deskmirror/redis";
import { ApiError } from "./api-error.ts";
import type { ApiDeps } from "./deps.ts";
import { replayLetter } from "./replay.ts";

const filter = {
  source: z.string("must be a text").min(1, "is empty").optional(),
  table: z.string("must be a text").min(1, "is empty").optional(),
  reason: z.string("must be a text").min(1, "is empty").optional(),
};

/** Query of `GET /api/dead-letters`. */
export const lettersQuery = z.strictObject({
  ...filter,
  limit: z.coerce
    .number("must be a number")
    .int("must be whole")
    .min(1, "must be at least 1")
    .max(1_000, "must be at most 1000")
    .default(100),
  cursor: z.string("must be a text").optional(),
});

/** Body of `POST /api/dead-letters/replay`. */
export const replayBody = z.strictObject({
  filter: z.strictObject(filter, "must be an object; {} is every letter"),
  dryRun: z.boolean("must be true or false").default(false),
});

const LOOKED_AT_ONCE = 500;

/** The calls on dead letters (contract section 4). */
export function deadLetterRoutes(deps: ApiDeps): Router {
  const { deadLetters } = deps;
  const routes = Router();

  routes.get("/", async (req, res) => {
    const { items, next } = await deadLetters.list(lettersQuery.parse(req.query));
    res.json({ items: items.map(toView), next });
  });

  routes.post("/replay", async (req, res) => {
    const { filter: wanted, dryRun } = replayBody.parse(req.body ?? {});
    let [matched, replayed] = [0, 0];
    const failed: { readonly id: string; readonly message: string }[] = [];
    for (let cursor: string | undefined | null; cursor !== null;) {
      const page: DeadLetterPage = await deadLetters.list({ ...wanted, limit: LOOKED_AT_ONCE, cursor });
      matched += page.items.length;
      for (const { id } of dryRun ? [] : page.items) {
        try {
          if (await replayLetter(deps, id)) replayed += 1;
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          failed.push({ id, message: error.message });
        }
      }
      cursor = page.next;
    }
    res.json({ dryRun, matched, replayed, failed });
  });

  routes.get("/:id", async (req, res) => {
    const letter = await deadLetters.get(req.params.id);
    if (letter === null) throw unknown(req.params.id);
    res.json({ ...toView({ ...letter, size: Buffer.byteLength(letter.body) }), body: letter.body });
  });

  routes.post("/:id/replay", async (req, res) => {
    const { id } = req.params;
    if (!(await replayLetter(deps, id))) throw unknown(id);
    res.json({ id, replayed: true });
  });

  routes.delete("/:id", async (req, res) => {
    const { id } = req.params;
    if (!(await deadLetters.discard(id))) throw unknown(id);
    res.json({ id, discarded: true });
  });

  return routes;
}

function toView({ id, source, receivedMs, eventType, table, key, reason, message, attempts, size }: DeadLetterHead) {
  const receivedAt = new Date(receivedMs).toISOString();
  return { id, source, receivedAt, eventType, table, key, reason, message, attempts, size };
}

function unknown(id: string): ApiError {
  const hint = "Those there are: npx deskmirror dead-letters list, or GET /api/dead-letters.";
  return new ApiError(404, "LETTER_UNKNOWN", { message: `There is no dead letter ${id}.`, hint });
}
