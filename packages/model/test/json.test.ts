import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJson, toStorableJson } from "@deskmirror/model";

test("integers beyond 2^53 stay text with their exact digits, others stay numbers", () => {
  const text = '{"id":410000000101001999,"n":[9007199254740993,12],"price":1234567890123456.5,"t":"9007199254740993"}';
  assert.deepEqual(parseJson(text), {
    id: "410000000101001999",
    n: ["9007199254740993", 12],
    price: 1234567890123456.5,
    t: "9007199254740993",
  });
});

test("text that is not JSON throws", () => {
  for (const text of ["", "<html>", '{"a":', "[1,]"]) assert.throws(() => parseJson(text), SyntaxError);
});

test("NUL and lone surrogates become the replacement character, at any depth; the rest is untouched", () => {
  const data = { a: "x\0y", b: [{ c: "\ud800!" }], d: "é 😀" };
  assert.deepEqual(JSON.parse(toStorableJson(data)), { a: "x\uFFFDy", b: [{ c: "\uFFFD!" }], d: "é 😀" });
  assert.deepEqual(JSON.parse(toStorableJson({ "k\0": { "\udc00": 1 } })), { "k\uFFFD": { "\uFFFD": 1 } });
  const escaped = { a: String.raw`\u0000 \ud800`, b: "\\\\u0000" };
  assert.equal(toStorableJson(escaped), JSON.stringify(escaped));
  const plain = { a: "é 😀", b: null };
  assert.equal(toStorableJson(plain), JSON.stringify(plain));
});
