import type { Cluster, Member } from "../proof/cluster.ts";
import { harmless } from "./fault.ts";
import type { Ending, Fault } from "./fault.ts";

/** Long enough for a delivery to run into the deadline of 5 s. */
const FROZEN_MS = 10_000;
/** As long as a supervisor waits before it starts a program again. */
const DOWN_MS = 4_000;

/** What can happen to one of two replicas. */
const ways = {
  "killed (kill -9)": { holdMs: DOWN_MS, strike: (member: Member) => end(member, "SIGKILL") },
  "told to end (SIGTERM)": { holdMs: DOWN_MS, strike: (member: Member) => end(member, "SIGTERM") },
  "frozen (SIGSTOP)": { holdMs: FROZEN_MS, strike: freeze },
};

/** The first replica of ingest, or of sync, which does what the admin API is asked for, is ended or frozen; the other runs on. */
export const replicaFaults: readonly Fault[] = (["ingest", "sync"] as const).flatMap((replica) =>
  Object.entries(ways).map(([how, { holdMs, strike }]) => ({
    ...harmless,
    name: `one ${replica} ${how}`,
    holdMs,
    replica,
    losesDeliveries: replica === "ingest",
    strike: (cluster: Cluster) => strike((replica === "ingest" ? cluster.ingests : cluster.syncs)[0]!),
  })),
);

async function end(member: Member, signal: "SIGKILL" | "SIGTERM"): Promise<Ending> {
  const startedMs = performance.now();
  member.running().kill(signal);
  const how = await member.running().ended;
  const tookMs = Math.round(performance.now() - startedMs);
  return async () => {
    member.start();
    return `ended with ${how} after ${tookMs} ms`;
  };
}

async function freeze(member: Member): Promise<Ending> {
  member.running().kill("SIGSTOP");
  return async () => {
    member.running().kill("SIGCONT");
    return "stopped and continued";
  };
}
