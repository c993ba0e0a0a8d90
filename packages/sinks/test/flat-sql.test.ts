import assert from "node:assert/strict";
import { test } from "node:test";
import { nameColumns } from "../src/flat/name-columns.ts";
import { buildFlatColumns } from "../src/postgres/flat-sql.ts";
import { buildFlatSelect } from "../src/sqlite/flat-sql.ts";

const columns = nameColumns([
  { path: ["subject"], type: "text" },
  { path: ["cf", "cf_o'clock"], type: "time" },
]);

test("PostgreSQL reads each column by the function of its type, quotes doubled", () => {
  assert.equal(
    buildFlatColumns(columns),
    `id,
  _parent_id,
  _modified_at,
  _deleted_at,
  _synced_at,
  (_deskmirror.to_time(data -> 'cf' -> 'cf_o''clock') is null and _deskmirror.is_given(data -> 'cf' -> 'cf_o''clock'))::integer as _misfits,
  _deskmirror.to_text(data -> 'subject') as "subject",
  _deskmirror.to_time(data -> 'cf' -> 'cf_o''clock') as "cf_o_clock"`,
  );
});

test("a view without typed fields has no misfits", () => {
  assert.match(buildFlatColumns([]), /0 as _misfits$/);
  assert.match(buildFlatSelect([], '"t"'), /0 as "_misfits" from/);
});

test("SQLite reads by its own means, so that anybody's may read the file", () => {
  const text = buildFlatSelect(columns, '"acme_tickets"');
  assert.match(text, /json_type\(data, '\$\."subject"'\)/);
  assert.match(text, /'\$\."cf"\."cf_o''clock"'/);
  assert.match(text, /from "acme_tickets"/);
  assert.doesNotMatch(text, /_deskmirror\./);
});

test("SQLite's view is text that the SQLite of a Debian reads: no aggregate has an order of its own (3.44)", () => {
  const lists = nameColumns([{ path: ["agentIds"], type: "text" }]);
  assert.doesNotMatch(buildFlatSelect(lists, "acme_teams"), /group_concat\([^)]*order by/);
});
