import { harmless } from "./fault.ts";
import type { Fault } from "./fault.ts";

const HITS = 1_000_000;
/** Longer than the retries of a request. */
const LASTING_MS = 6_000;

/** The emulator's name of each, by what Zoho does. */
const kinds = {
  "answers 401": "unauthorized",
  "answers 429 (the day's credits)": "credits",
  "answers 500": "status500",
  "answers with an HTML page": "html",
  "answers with half of the JSON": "truncated",
  "gives no answer": "hang",
  // Last, since the limit that it halves rises by one call a minute.
  "answers 429 (too many calls at once)": "concurrency",
} as const;

/** What Zoho can do to everything that is read from it. It goes on sending events. */
export const zohoFaults: readonly Fault[] = Object.entries(kinds).map(([how, kind]) => ({
  ...harmless,
  name: `Zoho ${how}`,
  holdMs: LASTING_MS,
  async strike({ desk }) {
    await desk.setFault({ kind, match: "GET ", times: HITS });
    return async () => {
      const [fault] = await desk.clearFaults();
      const hits = HITS - (fault?.times ?? HITS);
      if (hits === 0) throw new Error("nothing was asked of Zoho meanwhile: the fault struck nothing");
      return `${hits} requests met it`;
    };
  },
}));
