import type { Column, ColumnType } from "@deskmirror/model";
import type { NamedColumn } from "../flat/name-columns.ts";

/** The record inside a flat view, under a name that no field has. */
const DOCUMENT = "_deskmirror_data";

/** What a flat view selects: the contract's own columns, then the fields. SQLite from 3.38 (`->>`), since anybody's may read the file. */
export function buildFlatSelect(columns: readonly NamedColumn[], from: string): string {
  const own = ["id", "_parent_id", "_modified_at", "_deleted_at", "_synced_at"];
  const fields = columns.map((column) => `${readers[column.type](toParts(column))} as ${quoteName(column.name)}`);
  const names = columns.map(({ name }) => quoteName(name));
  return `
select ${[...own, `${buildMisfits(columns)} as "_misfits"`, ...names].join(", ")} from (
  select ${[...own, `data as ${DOCUMENT}`, ...fields].join(",\n    ")}
  from ${from}
)`;
}

/** How many values of a row do not fit the type of their column. */
function buildMisfits(columns: readonly NamedColumn[]): string {
  const typed = columns.filter(({ type }) => type !== "text");
  if (typed.length === 0) return "0";
  const terms = typed.map(
    (column) => `coalesce(${quoteName(column.name)} is null and ${DOCUMENT} ->> ${toPath(column)} <> '', 0)`,
  );
  return terms.join(" + ");
}

/** A value in SQL: its JSON type, and its text where it is a scalar other than true and false. */
interface Parts {
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

function toParts(column: Column): Parts {
  const path = toPath(column);
  return { path, type: `json_type(data, ${path})`, text: `cast(data ->> ${path} as text)` };
}

const DAY = "[1-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]";
const CLOCK = "T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]";
const ISO = "'%Y-%m-%dT%H:%M:%fZ'";

const isDay = (text: string): string => `date(substr(${text}, 1, 10)) = substr(${text}, 1, 10)`;

const isNumber = ({ type, text }: Parts): string =>
  `${type} in ('integer', 'real', 'text') and ${text} glob '[0-9-]*' and ${text} glob '*[0-9]' and length(${text}) <= 100
    and ${text} not glob '*[eE]*[0-9][0-9][0-9]' and json_valid(${text})`;

/** What reads a value of each type. One that does not fit gives null. */
const readers: Readonly<Record<ColumnType, (parts: Parts) => string>> = {
  text: ({ path, type, text }) => `case ${type}
    when 'array' then (select group_concat(element, '|') from
      (select case type when 'true' then 'true' when 'false' then 'false' else value end as element from json_each(data, ${path}) order by key))
    when 'true' then 'true' when 'false' then 'false' else ${text} end`,
  integer: (parts) => `case when ${isNumber(parts)} and ${parts.text} not glob '*[eE]*'
    and typeof(cast(${parts.text} as numeric)) = 'integer' and abs(cast(${parts.text} as numeric)) < 1000000000000000000
    then cast(${parts.text} as integer) end`,
  number: (parts) => `case when ${isNumber(parts)} then cast(${parts.text} as real) end`,
  boolean: ({ type, text }) => `case ${type} when 'true' then 1 when 'false' then 0
    when 'text' then case lower(${text}) when 'true' then 1 when 'false' then 0 end end`,
  date: ({ type, text }) => `case when ${type} = 'text' and ${text} glob '${DAY}*'
    and (length(${text}) = 10 or substr(${text}, 11, 1) = 'T') and ${isDay(text)} then substr(${text}, 1, 10) end`,
  time: ({ type, text }) => `case
    when ${type} in ('integer', 'text') and ${text} not glob '*[^0-9]*' and length(${text}) between 9 and 14
      then strftime(${ISO}, cast(${text} as real) / 1000.0, 'unixepoch')
    when ${type} = 'text' and ${text} glob '${DAY}${CLOCK}*' and ${isDay(text)} then strftime(${ISO}, ${text}) end`,
};

function toPath({ path }: Column): string {
  const steps = path.map((key) => `.${JSON.stringify(key)}`).join("");
  return `'$${steps.replaceAll("'", "''")}'`;
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
