import type { Check, Status, TableStatus } from "../api/answers.ts";
import { toLocal } from "../output/time.ts";

type Found = Omit<Check, "name"> | null;

/** What is wrong with a source, part by part; `fail` needs a person, `warn` is only to know. */
export function examineStatus(status: Status): readonly Check[] {
  const found: Readonly<Record<string, Found>> = {
    [status.name]: ofState(status),
    [`${status.name}: webhook`]: ofWebhook(status),
    [`${status.name}: tables`]: ofTables(status),
    ...Object.fromEntries(status.tables.map((table) => [`${status.name}: ${table.name}`, ofTable(status.name, table)])),
    [`${status.name}: credits`]: ofCredits(status),
    [`${status.name}: dead letters`]: ofDeadLetters(status),
    [`${status.name}: events`]: ofLedger(status),
    [`${status.name}: gaps`]: ofGaps(status),
  };
  return Object.entries(found).flatMap(([name, check]) => (check === null ? [] : [{ name, ...check }]));
}

function ofState({ name, state, message }: Status): Found {
  if (state === "error") return fail(message ?? "is in error", "Mend what the message names.");
  if (state === "new") return warn("is not authorized yet", `Generate a code, then: npx deskmirror authorize ${name}`);
  if (state === "paused") return warn("is paused; events are stored", `Go on with: npx deskmirror resume ${name}`);
  return ok(`is ${state}`);
}

function ofWebhook({ name, state, webhook }: Status): Found {
  if (state === "new" || state === "error") return null;
  if (webhook.state === "active") return ok("is active");
  const register = `Run: npx deskmirror webhook register ${name}`;
  if (webhook.state === "missing") return fail("is not registered; changes come only with reconcile", register);
  if (webhook.state === "disabled") return fail("is disabled at Zoho; changes come only with reconcile", register);
  if (webhook.state === "unavailable") {
    return warn(
      webhook.message ?? "is not in this edition",
      "Nothing: reconcile brings the changes; lower --reconcile-seconds for less delay.",
    );
  }
  return warn("could not be looked at just now", "Wait a moment and run doctor again.");
}

/** Tables in one line each where something is wrong, the others together. */
function ofTables({ tables }: Status): Found {
  const live = tables.filter(({ state }) => state === "live").length;
  const disabled = tables.filter(({ state }) => state === "disabled").length;
  return ok(`${live} of ${tables.length - disabled} are live`);
}

function ofTable(source: string, { name, state, message }: TableStatus): Found {
  if (state === "error")
    return fail(message ?? "is in error", "Mend what the message names; the table goes on by itself then.");
  if (state === "incomplete") {
    return fail(
      message ?? "could not be read whole",
      `Read it again with: npx deskmirror pull ${source} --tables ${name} --restart`,
    );
  }
  return state === "disabled" && message !== null
    ? warn(`is disabled: ${message}`, `Generate a code with that scope, then: npx deskmirror authorize ${source}`)
    : null;
}

function ofCredits({ credits: { remaining, waitUntil } }: Status): Found {
  if (waitUntil !== null) {
    const hint = "Wait, or lower the reserve with: npx deskmirror source set --reserve";
    return warn(`are at the reserve; nothing is sent before ${toLocal(waitUntil)}`, hint);
  }
  return ok(remaining === null ? "are not known yet" : `${remaining.toLocaleString("en")} are left today`);
}

function ofDeadLetters({ name, ledger: { deadLettered } }: Status): Found {
  if (deadLettered === 0) return ok("none");
  const hint = `Look at them with: npx deskmirror dead-letters list --source ${name}, then replay or discard`;
  return fail(`${deadLettered.toLocaleString("en")} wait for you`, hint);
}

function ofLedger({ ledger: { unaccounted, inFlight } }: Status): Found {
  if (unaccounted === 0) return ok(`none is lost; ${inFlight.toLocaleString("en")} on their way`);
  const hint = "Reconcile mends what they told of; keep the logs of ingest and sync, and tell us.";
  return fail(`${unaccounted.toLocaleString("en")} are unaccounted for`, hint);
}

function ofGaps({ gaps }: Status): Found {
  const open = gaps.filter(({ state }) => state === "open");
  if (open.length === 0) return ok("none is open");
  const told = open.map(({ from, reason }) => `${reason} since ${toLocal(from)}`).join("; ");
  return warn(`open: ${told}`, "Nothing: reconcile closes them; see that ingest runs and can be reached by Zoho.");
}

const ok = (message: string): Found => ({ state: "ok", message, hint: null });
const warn = (message: string, hint: string): Found => ({ state: "warn", message, hint });
const fail = (message: string, hint: string): Found => ({ state: "fail", message, hint });
