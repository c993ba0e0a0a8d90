import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, DATA_CENTERS } from "@deskmirror/model";
import type { DataCenter } from "@deskmirror/model";
import { DATA_CENTER_HOSTS, toEndpoints } from "../src/hosts.ts";

test("every data centre has its two hosts, all of them Zoho's", () => {
  assert.deepEqual(Object.keys(DATA_CENTER_HOSTS), [...DATA_CENTERS]);
  for (const dataCenter of DATA_CENTERS) {
    const { accountsUrl, deskUrl } = toEndpoints({ dataCenter, accountsUrl: null, deskUrl: null });
    const ending = dataCenter === "ca" ? "zohocloud.ca" : `zoho.${dataCenter}`;
    assert.deepEqual([accountsUrl, deskUrl], [`https://accounts.${ending}`, `https://desk.${ending}`]);
  }
});

test("custom URLs stand in for both hosts, without a slash at the end", () => {
  const custom = { dataCenter: "com", accountsUrl: "http://127.0.0.1:1/", deskUrl: "http://127.0.0.1:2" } as const;
  assert.deepEqual(toEndpoints(custom), { accountsUrl: "http://127.0.0.1:1", deskUrl: "http://127.0.0.1:2" });
});

test("an unknown data centre is refused and the known ones are named", () => {
  for (const dataCenter of ["us", "toString"] as unknown as readonly DataCenter[]) {
    assert.throws(
      () => toEndpoints({ dataCenter, accountsUrl: null, deskUrl: null }),
      (error) => error instanceof ConfigError && /use one of com, eu/.test(error.message),
    );
  }
});
