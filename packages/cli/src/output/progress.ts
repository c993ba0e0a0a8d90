import { Presets, SingleBar } from "cli-progress";
import type { Run } from "../api/answers.ts";
import { status } from "../api/answers.ts";
import type { Api } from "../api/api.ts";
import { sourcePath } from "../api/paths.ts";
import { measure, pace } from "./measure.ts";
import type { Asked } from "./measure.ts";
import { toDuration } from "./time.ts";

/** A line that shows how far work is, drawn again and again. */
export interface Progress {
  readonly show: (run: Run) => Promise<void>;
  /** Takes the line away. */
  readonly end: () => void;
}

const words = { pull: "Reading", reconcile: "Reading what changed", verify: "Comparing", test: "Testing" } as const;

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
  let first: { readonly rows: number; readonly atMs: number } | null = null;
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
      if (kind !== "pull") return bar.update(0, { told: toDuration(performance.now() - startedMs) });
      const { value } = await api.call({ method: "GET", path: sourcePath(source, "status") }, status);
      const now = measure(value, run, asked);
      first ??= { rows: now.rows, atMs: performance.now() };
      const { rate, leftMs } = pace(now, { rows: first.rows, elapsedMs: performance.now() - first.atMs });
      const of = now.expected === null ? "" : ` of ${now.expected.toLocaleString("en")}`;
      const told = `${now.rows.toLocaleString("en")}${of} rows, ${Math.round(rate).toLocaleString("en")} rows/s, ${toDuration(leftMs)} left`;
      bar.setTotal(Math.max(1, now.expected ?? 1));
      bar.update(now.expected === null ? 0 : now.rows, { told });
    },
    end: () => bar.stop(),
  };
}
