import assert from "node:assert/strict";
import { test } from "node:test";
import { formatChecks } from "../src/output/work.ts";

const paint = (_tone: string, text: string): string => text;

test("what to do is said below a check that is not ok, and once for those in a row that ask for the same", () => {
  const again = { state: "warn", message: "Not judged.", hint: "Mend what fails." } as const;
  const text = formatChecks(
    [
      { name: "organization", state: "fail", message: "It is another.", hint: "Authorize again." },
      { name: "edition", ...again },
      { name: "fields", ...again },
      { name: "sink", state: "ok", message: "May be written.", hint: null },
      { name: "bin", ...again },
    ],
    { paint },
  );
  assert.deepEqual(text.split("\n"), [
    "FAIL  organization  It is another.",
    "                    → Authorize again.",
    "warn  edition       Not judged.",
    "warn  fields        Not judged.",
    "                    → Mend what fails.",
    "ok    sink          May be written.",
    "warn  bin           Not judged.",
    "                    → Mend what fails.",
  ]);
});
