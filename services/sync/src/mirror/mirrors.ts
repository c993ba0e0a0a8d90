import { toError } from "@deskmirror/model";
import type { DataSource } from "@deskmirror/model";
import type { SourceRegistry } from "@deskmirror/redis";
import type { Log } from "@deskmirror/runtime";
import { openMirror } from "./open-mirror.ts";
import type { MirrorParts, OpenMirror } from "./open-mirror.ts";

/** The data sources this process keeps: those of the registry. */
export interface Mirrors {
  get(name: string): OpenMirror | null;
  /** Why a data source could not be opened; null when it could. */
  problem(name: string): string | null;
  /** Opens what is new, closes what is gone, opens anew what is configured differently or whose sink lost its tables. */
  follow(): Promise<void>;
  close(): Promise<void>;
}

interface Kept {
  readonly fingerprint: string;
  readonly open: OpenMirror;
  /** When its sink was last seen to have all tables (ms). */
  intactMs: number;
}

/** Why a gap opens when tables were dropped or put in another's place: what was written to them meanwhile is lost. */
const SINK_LOST = "sink lost";

/** Keeps a mirror for each data source of the registry. */
export function createMirrors(options: {
  readonly registry: SourceRegistry;
  readonly parts: MirrorParts;
  readonly log: Log;
}): Mirrors {
  const { registry, parts, log } = options;
  const kept = new Map<string, Kept>();
  const problems = new Map<string, string>();
  let following: Promise<void> | null = null;
  let again = false;

  async function followOnce(): Promise<void> {
    const sources = new Map((await registry.list()).map((source) => [source.name, source]));
    for (const [name, { open }] of kept) {
      if (sources.has(name)) continue;
      kept.delete(name);
      await open.close();
    }
    for (const name of problems.keys()) if (!sources.has(name)) problems.delete(name);
    for (const source of sources.values()) await keep(source);
  }

  async function keep(source: DataSource): Promise<void> {
    const known = kept.get(source.name);
    const fingerprint = toFingerprint(source);
    if (known !== undefined) {
      const isIntact = await known.open.isIntact();
      if (isIntact) known.intactMs = Date.now();
      if (isIntact && known.fingerprint === fingerprint) return known.open.refresh(source);
      if (!isIntact) await parts.gaps.open(source.name, SINK_LOST, known.intactMs);
      if (!isIntact) log.warn({ source: source.name }, "tables are gone from the sink; what is missing is read anew");
      kept.delete(source.name);
      await known.open.close();
      if (!isIntact) parts.forgetSink(known.open.sink);
    }
    try {
      kept.set(source.name, { fingerprint, open: await openMirror(parts, source), intactMs: Date.now() });
      problems.delete(source.name);
    } catch (error) {
      const { message } = toError(error);
      if (problems.get(source.name) !== message) {
        log.error({ err: toError(error), source: source.name }, "a source could not be opened; it is tried again");
      }
      problems.set(source.name, message);
    }
  }

  return {
    get: (name) => kept.get(name)?.open ?? null,
    problem: (name) => problems.get(name) ?? null,
    async follow() {
      again = true;
      following ??= (async () => {
        try {
          while (again) {
            again = false;
            await followOnce();
          }
        } finally {
          following = null;
        }
      })();
      await following;
    },
    async close() {
      await following?.catch(() => {});
      await Promise.all([...kept.values()].map(({ open }) => open.close()));
      kept.clear();
    },
  };
}

/** Everything that needs a mirror to be opened anew when it changes. */
function toFingerprint({ pulls: _pulls, paused: _paused, ...rest }: DataSource): string {
  return JSON.stringify(rest);
}
