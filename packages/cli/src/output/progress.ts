import { Presets, SingleBar } from "cli-progress";
import type { Run } from "../api/answers.ts";
import { status } from "../api/answers.ts";
import type { Api } from "../api/api.ts";
import { sourcePath } from "../api/paths.ts";
import { measure, pace } from "./measure.ts";
import type { Asked, Measure, Sample } from "./measure.ts";
import { toDuration } from "./time.ts";

/** A line that shows how far work is, drawn again and again. */
export interface Progress {
  readonly show: (run: Run) => Promise<void>;
  /** Takes the line away. */
  readonly end: () => void;
}

const words = { pull: "Reading", reconcile: "Reading what changed", verify: "Comparing", test: "Testing" } as const;

/** The rate is that of the last seconds: tables differ in how fast they can be read. */
const PACE_MS = 10_000;

/** Progress of a run: a bar for a pull, which says how many rows it has; the time it takes for other work, which says nothing. */
export function createProgress(options: {
  readonly to: NodeJS.WritableStream;
  readonly source: string;
  readonly kind: keyof typeof words;
  readonly asked: Asked;
  readonly api: Api;
}): Progress {
  const { to, source, kind, asked, api } = options;
  const startedMs = performance.now();
  let samples: readonly Sample[] = [];
  const bar = new SingleBar(
    {
      stream: to,
      clearOnComplete: true,
      // It would take SIGTERM for itself.
      gracefulExit: false,
      format: kind === "pull" ? `${words.pull} {bar} {told}` : `${words[kind]} … {told}`,
    },
    Presets.shades_classic,
  );
  bar.start(1, 0, { told: "" });

  return {
    async show(run) {
      const nowMs = performance.now();
      if (kind !== "pull") return bar.update(0, { told: toDuration(nowMs - startedMs) });
      const { value } = await api.call({ method: "GET", path: sourcePath(source, "status") }, status);
      const now = measure(value, run, asked);
      samples = [...samples.filter(({ atMs }) => atMs > nowMs - PACE_MS), { atMs: nowMs, rows: now.rows }];
      // Without an end in rows, the tables that are read show how far it is.
      bar.setTotal(Math.max(1, now.expected ?? now.tables));
      bar.update(now.expected === null ? now.ended : now.rows, { told: describe(now, samples) });
    },
    end: () => bar.stop(),
  };
}

function describe(now: Measure, samples: readonly Sample[]): string {
  const { rate, leftMs } = pace(samples, now);
  const of = now.expected === null ? "" : ` of ${now.expected.toLocaleString("en")}`;
  const rows = `${now.rows.toLocaleString("en")}${of} rows, ${Math.round(rate).toLocaleString("en")} rows/s`;
  return now.expected === null
    ? `${rows}, ${now.ended} of ${now.tables} tables read`
    : `${rows}, ${toDuration(leftMs)} left`;
}
