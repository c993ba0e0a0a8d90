import assert from "node:assert/strict";
import { refusal } from "../../src/api/openapi/answers.ts";
import { refusedAlways } from "../../src/api/openapi/document.ts";
import { operations } from "../../src/api/openapi/operations.ts";

/** One answer of the admin API. */
export interface Answered {
  readonly method: string;
  /** With `/api`. */
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
}

/** Fails unless an answer is one of those that the call's description names, in the shape it says. */
export function assertDescribed({ method, path: called, status, body }: Answered): void {
  const path = called.replace(/\?.*$/, "");
  const operation = operations.find((one) => one.method === method.toLowerCase() && toPattern(one.path).test(path));
  if (operation === undefined) return;
  const where = `${method} ${path} answered ${status}: ${JSON.stringify(body)}`;
  const schema =
    operation.answers[status] ?? ([...operation.refusals, ...refusedAlways].includes(status) ? refusal : undefined);
  assert.ok(schema !== undefined, `${where}, which its description does not name`);
  const { error } = schema.safeParse(body);
  assert.equal(error, undefined, `${where}, which is not as described: ${error?.message}`);
}

/** Words of fixed paths stand before those that a name may be. */
function toPattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}
