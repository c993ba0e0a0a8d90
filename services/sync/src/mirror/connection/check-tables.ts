import { PermanentError } from "@deskmirror/model";
import type { RequestOptions, Source, Stream } from "@deskmirror/model";
import { fail, ok, said, toWhy, unjudged, warn } from "./check.ts";
import type { Check } from "./check.ts";

/** What judging tables needs. */
export interface TablesParts {
  readonly source: Source;
  /** Wanted tables that the grant allows as far as is known, parents first. */
  readonly enabled: readonly Stream[];
  /** Wanted tables that it does not, with the reason. */
  readonly disabled: ReadonlyMap<string, string>;
  /** Why nothing can be asked of Zoho; null when it can. */
  readonly obstacle: string | null;
  readonly options: RequestOptions;
}

const hints: Readonly<Record<string, string>> = {
  FORBIDDEN: "Authorize again as an administrator, who sees every department and field.",
  OAUTH_ORG_MISMATCH: "Authorize again for this organization, or add a source of another name with the right orgId.",
};

const withScope = "Generate a code with that scope and authorize again, or leave the table out of `tables`.";

/** The record a look at a table found first. */
interface Found {
  readonly key: string;
  readonly parentId: string | null;
}

/** Judges the scope of every wanted table by reading a page of it, and the agent's profile by reading one record. */
export async function checkTables(parts: TablesParts): Promise<readonly Check[]> {
  const { source, enabled, disabled, obstacle, options } = parts;
  const looks = new Map<string, Promise<Found | null>>();

  function look(stream: Stream): Promise<Found | null> {
    const known = looks.get(stream.name) ?? lookAt(stream);
    looks.set(stream.name, known);
    return known;
  }

  async function lookAt({ name, parent }: Stream): Promise<Found | null> {
    const above = enabled.find((one) => one.name === parent);
    const found = above === undefined ? null : await look(above);
    if (above !== undefined && found === null) return null;
    const [cursor] = await source.plan(name, found === null ? [] : [found.key], options);
    if (cursor === undefined) return null;
    const { changes } = await source.page(name, cursor, options);
    const change = changes.find(({ op }) => op !== "delete");
    return change === undefined ? null : { key: change.key, parentId: change.parentId };
  }

  async function check(stream: Stream): Promise<Check> {
    const name = scopeOf(stream.name);
    if (obstacle !== null) return unjudged(name, obstacle);
    try {
      const found = await look(stream);
      const isUnasked = found === null && enabled.some((one) => one.name === stream.parent);
      return isUnasked ? ok(name, `May be read; none of the ${stream.parent} has any.`) : ok(name, "May be read.");
    } catch (error) {
      return toCheck(name, error);
    }
  }

  async function lackOf(stream: Stream): Promise<readonly string[]> {
    const found = await look(stream).catch(() => null);
    if (found === null || stream.core === null) return [];
    await source.get(stream.name, found.key, found.parentId, options).catch(() => {});
    const absent = [...source.absentKeys(stream.name)];
    return absent.length === 0 ? [] : [`${stream.name} lacks ${absent.toSorted().join(", ")}`];
  }

  async function checkFields(): Promise<Check> {
    const name = "fields";
    if (obstacle !== null) return unjudged(name, obstacle);
    const lacks = (await Promise.all(enabled.map(lackOf))).flat();
    if (lacks.length === 0) return ok(name, "The agent who authorized sees every field that is kept.");
    const hint = "Authorize again as an administrator, or accept that these columns stay empty.";
    return warn(name, `The profile of the agent who authorized hides fields: ${lacks.join("; ")}.`, hint);
  }

  const missing = [...disabled].map(([table, reason]) => toMissing(table, reason, disabled));
  return [...missing, ...(await Promise.all(enabled.map(check))), await checkFields()];
}

const scopeOf = (table: string): string => `scope of ${table}`;

/** A scope that is missing names itself and all the tables it costs. */
function toMissing(table: string, reason: string, disabled: ReadonlyMap<string, string>): Check {
  const costs = [...disabled].filter(([, other]) => other === reason).map(([name]) => name);
  return fail(scopeOf(table), `${reason}; it costs ${costs.join(", ")}.`, withScope);
}

function toCheck(name: string, error: unknown): Check {
  if (!(error instanceof PermanentError)) return unjudged(name, toWhy(error), "Test again in a moment.");
  if (error.code === "LICENSE_ACCESS_LIMITED") {
    return warn(name, said(error), "Leave the table out of `tables`, or move to an edition that has it.");
  }
  return fail(name, said(error), hints[error.code] ?? withScope);
}
