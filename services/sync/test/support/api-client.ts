import assert from "node:assert/strict";
import request from "supertest";
import type { Response, Test } from "supertest";
import { ADMIN_TOKEN } from "../service-process.ts";
import { assertDescribed } from "./described.ts";

type Method = "get" | "post" | "patch" | "delete";

/** One call of sync; null sends no authorization. The answer must be as the API's description says. */
export type Call = (method: Method, path: string, authorization?: string | null) => Test;

/** Calls a sync as any client of HTTP may, well or badly. */
export function createClient(syncUrl: string): Call {
  return (method, path, authorization = `Bearer ${ADMIN_TOKEN}`) => {
    const call = request(syncUrl)[method](path);
    if (authorization !== null) call.set("authorization", authorization);
    return call.expect(({ status, body }) => assertDescribed({ method, path, status, body }));
  };
}

/** Every answer that is no success has the one shape, and says what to do. */
export function assertError(res: Pick<Response, "status" | "body">, status: number, message: RegExp): void {
  assert.equal(res.status, status, JSON.stringify(res.body));
  assert.deepEqual(Object.keys(res.body), ["error"]);
  assert.deepEqual(Object.keys(res.body.error), ["code", "message", "hint"]);
  assert.match(res.body.error.message, message);
  assert.ok(res.body.error.hint.length > 0);
}
