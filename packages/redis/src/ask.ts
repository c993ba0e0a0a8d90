import { TransientError, toError } from "@deskmirror/model";
import type { ChainableCommander } from "ioredis";

/**
 * Waits for a reply of Redis; TransientError when there is none. The original error is not kept as cause, since it carries the
 * command's arguments: bodies and, for a failed login, the password.
 */
export async function ask<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (thrown) {
    throw toTransient(thrown);
  }
}

/** What every entry of a pipeline or transaction answered; TransientError when one of them failed. */
export async function askAll(pipeline: Pick<ChainableCommander, "exec">): Promise<readonly unknown[]> {
  const entries = await ask(pipeline.exec());
  if (entries === null) throw new TransientError("Redis did not run a transaction; it is tried again");
  return entries.map(([error, reply]) => {
    if (error !== null) throw toTransient(error);
    return reply;
  });
}

function toTransient(thrown: unknown): TransientError {
  return new TransientError(`Redis did not answer as it should (${toError(thrown).message}); it is tried again`, {
    code: "REDIS",
  });
}
