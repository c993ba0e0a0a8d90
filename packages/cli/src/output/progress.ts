import { Presets, SingleBar } from "cli-progress";
import type { Run } from "../api/answers.ts";
import { status } from "../api/answers.ts";
import type { Api } from "../api/api.ts";
import { sourcePath } from "../api/paths.ts";
import { measure, pace } from "./measure.ts";
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
  readonly api: Api;
}): Progress {
  const { to, source, kind, api } = options;
  const startedMs = performance.now();
  let first: number | null = null;
  const bar = new SingleBar(
    {
      stream: to,
      clearOnComplete: true,
      hideCursor: true,
      format: kind === "pull" ? `${words.pull} {bar} {told}` : `${words[kind]} … {told}`,
    },
    Presets.shades_classic,
  );
  bar.start(1, 0, { told: "" });

  return {
    async show(run) {
      const elapsedMs = performance.now() - startedMs;
      if (kind !== "pull") return bar.update(0, { told: toDuration(elapsedMs) });
      const { value } = await api.call({ method: "GET", path: sourcePath(source, "status") }, status);
      const now = measure(value, run);
      first ??= now.rows;
      const { rate, leftMs } = pace(now, { rows: first, elapsedMs });
      const of = now.expected === null ? "" : ` of ${now.expected.toLocaleString("en")}`;
      const told = `${now.rows.toLocaleString("en")}${of} rows, ${Math.round(rate).toLocaleString("en")} rows/s, ${toDuration(leftMs)} left`;
      bar.setTotal(Math.max(1, now.expected ?? 1));
      bar.update(now.expected === null ? 0 : now.rows, { told });
    },
    end: () => bar.stop(),
  };
}
