import assert from "node:assert/strict";
import { test } from "node:test";
import { allScopes } from "@deskmirror/desk-emulator";
import { PermanentError, TransientError } from "@deskmirror/model";
import { revokeGrant } from "@deskmirror/zoho-desk";
import { watchGrant } from "../src/mirror/grant-watch.ts";
import { createStage, heal } from "./support/stage.ts";

test("F14: a refused grant is remembered until Zoho answers again; other errors say nothing of it", async () => {
  await using stage = await createStage(["agents"], { tickets: 0 });
  const { faults } = stage.desk;
  const { source, refusal } = watchGrant(stage.source);
  const list = () => source.subscriptions.list(heal);
  const [agent] = stage.desk.store.records("agents");
  const get = () => source.get("agents", agent!.key, null, heal);
  const refused = async (ask: () => Promise<unknown>, code: string): Promise<string | null> => {
    await assert.rejects(ask, (error) => error instanceof PermanentError && error.code === code);
    return refusal();
  };

  await list();
  assert.equal(refusal(), null);
  faults.add({ kind: "unauthorized", match: "GET ", times: 1_000 });
  const said = await refused(get, "INVALID_OAUTH");
  assert.ok(said);
  faults.clear();
  faults.add({ kind: "status500", match: "GET ", times: 1_000 });
  await assert.rejects(list, TransientError);
  assert.equal(refusal(), said);
  faults.clear();
  for (const scope of allScopes) faults.revokedScopes.add(scope);
  assert.equal(await refused(list, "SCOPE_MISMATCH"), null);
  faults.add({ kind: "unauthorized", match: "GET ", times: 1_000 });
  assert.equal(await refused(get, "INVALID_OAUTH"), said);
  faults.clear();
  await list();
  assert.equal(refusal(), null);
  await revokeGrant(stage.dataSource, stage.dataSource.refreshToken!);
  assert.equal(await refused(get, "invalid_code"), "Zoho refused: invalid_code");
});
