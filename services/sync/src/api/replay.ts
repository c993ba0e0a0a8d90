import { PermanentError, judgeContent } from "@deskmirror/model";
import type { Change, DeadLetter, Delivery } from "@deskmirror/model";
import { ApiError } from "./api-error.ts";
import type { ApiDeps } from "./deps.ts";
import { assertRunning, createFindSource, notOpen } from "./find-source.ts";

/** Puts the events of a dead letter back on the one way in; false when there is no such letter. */
export async function replayLetter(deps: ApiDeps, id: string): Promise<boolean> {
  return deps.deadLetters.replay(id, async (letter) => {
    if (isPulledRow(id)) return writeRow(deps, letter);
    const own = ownId(letter);
    // The same letter gives the same job: replayed twice while the first waits, it is once.
    await deps.requeue({ id: `g-${own}`, source: letter.source, deliveries: [toDelivery(letter, own)] });
  });
}

function toDelivery(letter: DeadLetter, id: string): Delivery {
  const { receivedMs, body, events, attempts, reason } = letter;
  return {
    id,
    receivedMs,
    body,
    kind: judgeContent(body).kind === "events" ? "events" : "foreign",
    // To replay what had no right signature is to vouch for it.
    signature: reason === "signature" ? "valid" : "missing",
    token: null,
    module: letter.module ?? null,
    events,
    replays: attempts,
  };
}

/** A row that the sink refused is written as it was read: whatever is newer there wins. */
async function writeRow(deps: ApiDeps, letter: DeadLetter): Promise<void> {
  const { source, table, attempts } = letter;
  const dataSource = await deps.registry.get(source);
  if (dataSource !== null) assertRunning(dataSource);
  const open = await createFindSource(deps).mirror(source);
  if (open === null) throw notOpen(source, deps.mirrors.problem(source));
  const context = open.contexts.get(table ?? "");
  if (context === undefined) {
    const hint = "Discard the letter, or name the table in the source's tables again.";
    throw new ApiError(409, "TABLE_NOT_KEPT", { message: `${table} of ${source} is not kept here.`, hint });
  }
  const [written] = await context.writer.write({ changes: [JSON.parse(letter.body) as Change] });
  if (!(written instanceof PermanentError)) return;
  await deps.deadLetters.add([{ ...letter, id: ownId(letter), attempts: attempts + 1, message: written.message }]);
  const hint = "Mend the sink, then replay again; or discard the letter.";
  throw new ApiError(422, "SINK_REFUSED", { message: written.message, hint });
}

/** A letter's id within its source. */
function ownId({ id, source }: DeadLetter): string {
  return id.slice(source.length + 1);
}

function isPulledRow(id: string): boolean {
  return /^[^.]+\.pull:/.test(id);
}
