import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatFacts, formatTable } from "../src/output/table.ts";

describe("a table as text", () => {
  test("aligns texts left and numbers right, with thousands apart", () => {
    const rows = [
      ["tickets", 12_345],
      ["agents", 7],
    ] as const;
    assert.equal(formatTable(["table", "rows"], rows), "table      rows\ntickets  12,345\nagents        7");
  });

  test("shows null as a dash and leaves no space at the ends of lines", () => {
    assert.equal(
      formatTable(
        ["table", "of", "x"],
        [
          ["a", null, "long"],
          ["b", 5, ""],
        ],
      ),
      "table  of  x\na       –  long\nb       5",
    );
  });

  test("has only its headings when there are no rows", () => {
    assert.equal(formatTable(["a", "b"], []), "a  b");
  });

  test("shows facts one a line", () => {
    assert.equal(formatFacts({ name: "acme", sink: null, rows: 1_000 }), "name  acme\nsink  –\nrows  1,000");
  });
});
