import { toError } from "@deskmirror/model";
import { ApiError } from "../api/api-error.ts";
import type { Check } from "../api/answers.ts";
import { readiness, sources, status } from "../api/answers.ts";
import { ask } from "../api/api.ts";
import type { Api } from "../api/api.ts";
import { sourcePath } from "../api/paths.ts";
import type { Cli } from "../cli.ts";
import { examineStatus } from "./examine-status.ts";

const TIMEOUT_MS = 10_000;

/** Looks at everything from this machine. What one check needs and does not find ends the rest. */
export async function examine(cli: Pick<Cli, "api" | "url" | "signal">): Promise<readonly Check[]> {
  const reached = await examineReadiness(cli);
  if (reached.some(({ name, state }) => name === "sync" && state === "fail")) return reached;
  const checks = [...reached];
  try {
    const api = cli.api();
    const { value } = await api.call({ method: "GET", path: "/api/sources" }, sources);
    checks.push({ name: "token", state: "ok", message: "ADMIN_TOKEN is right", hint: null });
    if (value.items.length === 0) {
      const hint = "Make one with: npx deskmirror source add --help";
      checks.push({ name: "sources", state: "warn", message: "there are no sources yet", hint });
    }
    for (const { name } of value.items) checks.push(...(await examineSource(api, name)));
  } catch (error) {
    checks.push(toCheck("token", error));
  }
  return checks;
}

async function examineReadiness({ url, signal }: Pick<Cli, "url" | "signal">): Promise<readonly Check[]> {
  try {
    const address = url();
    const answer = await ask(`${address}/readyz`, {
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const read = readiness.safeParse(toJson(answer.text));
    if (!read.success) {
      const message = `${address} answers, but it is not the private port of sync`;
      return [{ name: "sync", state: "fail", message, hint: "Set DESKMIRROR_URL to that of SYNC_PORT." }];
    }
    const parts = Object.entries(read.data.checks).map(([name, { ok, message }]): Check => {
      const hint = "Mend what the message names; sync goes on by itself then.";
      return { name: `sync: ${name}`, state: ok ? "ok" : "fail", message, hint: ok ? null : hint };
    });
    return [{ name: "sync", state: "ok", message: `answers at ${address}`, hint: null }, ...parts];
  } catch (error) {
    return [toCheck("sync", error)];
  }
}

async function examineSource(api: Api, name: string): Promise<readonly Check[]> {
  try {
    const { value } = await api.call({ method: "GET", path: sourcePath(name, "status") }, status);
    return examineStatus(value);
  } catch (error) {
    return [toCheck(name, error)];
  }
}

/** A check that could not be made; messages of ours say what to do by themselves. */
function toCheck(name: string, thrown: unknown): Check {
  const error = toError(thrown);
  return { name, state: "fail", message: error.message, hint: error instanceof ApiError ? error.hint : null };
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
