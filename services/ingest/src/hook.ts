import type { Request } from "express";
import { judgeContent } from "@deskmirror/model";
import type { Delivery } from "@deskmirror/model";
import type { RegistryEntry } from "@deskmirror/redis";
import { within } from "@deskmirror/runtime";
import { refusals } from "./answer.ts";
import type { Answer, Refusal } from "./answer.ts";
import { readBody } from "./body.ts";
import type { GapKeeper, GapReason } from "./gap-keeper.ts";
import type { IdMaker } from "./ids.ts";
import type { Intake } from "./intake.ts";
import { judgeSignature } from "./judge.ts";
import type { Verify } from "./judge.ts";
import type { LookUp } from "./lookup.ts";

/** What a hook is made of. */
export interface HookOptions {
  readonly lookUp: LookUp;
  readonly intake: Pick<Intake, "take">;
  readonly gaps: Pick<GapKeeper, "open">;
  readonly verify: Verify;
  readonly createId: IdMaker;
  readonly bodyLimitBytes: number;
}

/** The two things Zoho does with a service URL. Null: the connection ended and there is nobody to answer. */
export interface Hook {
  /** GET and HEAD: Zoho looks whether the URL answers. */
  check(key: string): Promise<Answer>;
  /** POST: a delivery, answered "ok" only once it is durable (docs/invariants.md, I1). */
  take(key: string, req: Request): Promise<Answer | null>;
}

/** Every answer within a second: what takes longer than this is given up on. */
const ANSWER_MS = 950;

/** Refusals that may cost an event, since Zoho does not send it again. */
const gapOf: Readonly<Partial<Record<Refusal["status"], GapReason>>> = {
  401: "answered 401",
  413: "answered 413",
  503: "answered 503",
};

/** The hook of every source (contract section 3). */
export function createHook(options: HookOptions): Hook {
  const { lookUp, intake, gaps, createId } = options;

  async function find(key: string, token: string | null): Promise<RegistryEntry | Refusal> {
    const found = lookUp(key, token);
    if (!(found instanceof Promise)) return found;
    return within(ANSWER_MS, found, "the registry gave no answer").catch(() => refusals.unavailable);
  }

  async function store(entry: RegistryEntry, text: string, req: Request): Promise<Answer> {
    const content = judgeContent(text);
    if (content.kind === "empty") return "ok";
    const given = { token: tokenOf(req), receivedMs: Date.now(), verify: options.verify };
    const signature = await judgeSignature(entry, { ...given, kind: content.kind });
    if (typeof signature !== "string") return signature;
    const { module } = req.query;
    const delivery: Delivery = {
      id: createId(),
      receivedMs: given.receivedMs,
      body: text,
      ...content,
      signature,
      token: signature === "unverified" ? given.token : null,
      module: typeof module === "string" ? module : null,
    };
    await intake.take(entry.source, delivery);
    return "ok";
  }

  async function takeFor(entry: RegistryEntry, req: Request): Promise<Answer | null> {
    const body = await readBody(req, options.bodyLimitBytes);
    if (body.kind === "cut-off") {
      gaps.open(entry.source, "delivery cut off");
      return null;
    }
    const answer =
      body.kind === "too-large"
        ? refusals.tooLarge
        : await within(ANSWER_MS, store(entry, body.text, req), "storing took too long").catch(
            () => refusals.unavailable,
          );
    const gap = answer === "ok" ? undefined : gapOf[answer.status];
    if (gap !== undefined) gaps.open(entry.source, gap);
    return answer;
  }

  return {
    async check(key) {
      const entry = await find(key, null);
      return "source" in entry ? "ok" : entry;
    },
    async take(key, req) {
      const entry = await find(key, tokenOf(req));
      return "source" in entry ? takeFor(entry, req) : entry;
    },
  };
}

function tokenOf(req: Request): string | null {
  return req.get("x-zdesk-jwt") ?? null;
}
