import type { RequestOptions, Source } from "@deskmirror/model";
import { ok, said, unjudged, warn } from "./check.ts";
import type { Check } from "./check.ts";

/** What judging the recycle bin needs. */
export interface BinParts {
  readonly source: Source;
  readonly obstacle: string | null;
  readonly options: RequestOptions;
}

const BIN = "recycle bin";

/** Judges whether the recycle bin may be read, which shows the deletes whose event was lost. */
export async function checkBin({ source, obstacle, options }: BinParts): Promise<Check> {
  if (obstacle !== null) return unjudged(BIN, obstacle);
  try {
    await source.bin(null, options);
    return ok(BIN, "May be read.");
  } catch (error) {
    const hint = "Authorize again with Desk.settings.READ; without it a delete whose event was lost is not found.";
    return warn(BIN, said(error), hint);
  }
}
