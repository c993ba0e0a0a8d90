import type { Edition } from "./checks/limits.ts";
import type { Crowd } from "./generator/crowds.ts";
import type { CustomField } from "./generator/custom-fields.ts";
import type { Settings } from "./settings.ts";
import type { Poster } from "./webhooks/http-post.ts";

/** How to make an emulated Desk; everything has a default. */
export interface DeskEmulatorOptions {
  /** Port to listen on; 0 (default) = any free one. */
  readonly port?: number;
  readonly host?: string;
  /** Seed of the organization and of the workload; default 1. */
  readonly seed?: number;
  /** Tickets to generate; default 500. Everything else follows from it. */
  readonly tickets?: number;
  /** Departments to generate, the last one disabled; default 5. */
  readonly departments?: number;
  readonly orgId?: string;
  /** Sets credits, calls at once and webhooks; default enterprise. */
  readonly edition?: Edition;
  /** Time of a request in milliseconds; default 30. */
  readonly latencyMs?: number;
  /** How late search sees a write, in milliseconds; default 2000. */
  readonly indexLagMs?: number;
  /** Calls at once; default the edition's. */
  readonly concurrency?: number;
  /** Credits a day; default the edition's, with its active agents. */
  readonly dailyCredits?: number;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Custom fields beside the generated ones. */
  readonly customFields?: readonly CustomField[];
  /** Tickets that imports made at once; default one of 150 in a millisecond where there are 3000 tickets or more. */
  readonly crowds?: readonly Crowd[];
  readonly settings?: Partial<Settings>;
  /** Milliseconds since 1970; default the machine's clock. It may stand still; `clock.advance` adds to it. */
  readonly clock?: () => number;
}

/** The world around a Desk that listens nowhere. */
export interface InProcessOptions extends Omit<DeskEmulatorOptions, "port" | "host"> {
  /** Origin under which it says it is. */
  readonly url: () => string;
  readonly poster: Poster;
  /** Waits; rejects with an AbortError when the signal is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** The time, in ms, that `sleep` goes by. */
  readonly now: () => number;
}
