import { faultKinds } from "@deskmirror/desk-emulator";
import type { DeskInProcess, StoreRecord, StoredTable, TableName } from "@deskmirror/desk-emulator";
import type { Chronicle } from "./chronicle.ts";
import type { Random } from "./random.ts";
import type { Plant } from "./plant.ts";

/** What a step works on. */
export interface Stage {
  readonly random: Random;
  readonly desk: DeskInProcess;
  readonly chronicle: Chronicle;
  /** Name of the data source. */
  readonly source: string;
  readonly tables: readonly string[];
  readonly plant: Plant;
}

/** Does something to Desk or to a process; false where there was nothing to do it to. */
type Step = (stage: Stage) => boolean | Promise<boolean>;

/** Records that a write may reach: neither deleted nor archived. */
function live({ desk, random }: Stage, table: TableName): StoreRecord | null {
  const records = [...desk.store.records(table)].filter(({ deleted, archived }) => !deleted && !archived);
  return records.length === 0 ? null : random.pick(records);
}

function onLive(table: StoredTable, run: (stage: Stage, key: string, record: StoreRecord) => void): Step {
  return (stage) => {
    const record = live(stage, table);
    if (record !== null) run(stage, record.key, record);
    return record !== null;
  };
}

function onTrashed(table: StoredTable, run: (stage: Stage, key: string) => void): Step {
  return (stage) => {
    const { desk, random } = stage;
    // What was erased since lies in the bin no more.
    const trashed = [...desk.store.records(table)].filter(({ key }) => desk.store.record(table, key)?.trashed === true);
    if (trashed.length > 0) run(stage, random.pick(trashed).key);
    return trashed.length > 0;
  };
}

/** Mostly with the event that belongs to it, now and then by somebody of whom webhooks do not hear. */
function cause({ random }: Stage): { silent?: boolean } {
  return random.chance(0.15) ? { silent: true } : {};
}

function word({ random }: Stage): string {
  return `${random.pick(["ä", "b", "\u0000", "\ud800", "😀"])} ${random.int(1e6)}`;
}

function remove(table: StoredTable): Step {
  return onLive(table, (stage, key) => {
    stage.desk.store.delete(table, key, cause(stage));
    stage.chronicle.deleted(table, key);
  });
}

function restore(table: StoredTable): Step {
  return onTrashed(table, (stage, key) => {
    stage.desk.store.restore(table, key, cause(stage));
    stage.chronicle.restored(table, key);
  });
}

function purge(table: StoredTable, which: typeof onTrashed): Step {
  return which(table, (stage, key) => {
    stage.desk.store.purge(table, key, cause(stage));
    stage.chronicle.deleted(table, key);
  });
}

function addChild(table: StoredTable, fields: (stage: Stage) => Record<string, string>): Step {
  return onLive("tickets", (stage, parentId) => {
    const { id } = stage.desk.store.create(table, fields(stage), { ...cause(stage), parentId });
    stage.chronicle.changed(table, id);
  });
}

function editChild(table: StoredTable, fields: (stage: Stage) => Record<string, string>): Step {
  return onLive(table, (stage, key) => {
    stage.desk.store.update(table, key, fields(stage), cause(stage));
    stage.chronicle.changed(table, key);
  });
}

const comment = (stage: Stage) => ({ content: word(stage) });

function ticketFields(stage: Stage) {
  const { random } = stage;
  return random.pick([
    { subject: word(stage) },
    { description: word(stage) },
    { resolution: word(stage) },
    { status: random.pick(["Open", "Closed", "On Hold"]) },
    { cf: { cf_text_1: word(stage) } },
  ]);
}

/** Every kind of step, with its weight. */
export const steps: Readonly<Record<string, { readonly weight: number; readonly run: Step }>> = {
  "ticket created": {
    weight: 6,
    run(stage) {
      const [contact, department] = [live(stage, "contacts"), live(stage, "departments")];
      if (contact === null || department === null) return false;
      const fields = { subject: word(stage), contactId: contact.key, departmentId: department.key };
      stage.desk.store.create("tickets", { ...fields, description: word(stage) }, cause(stage));
      return true;
    },
  },
  "ticket updated": {
    weight: 14,
    run: onLive(
      "tickets",
      (stage, key) => void stage.desk.store.update("tickets", key, ticketFields(stage), cause(stage)),
    ),
  },
  "ticket moved": {
    weight: 2,
    run: onLive("tickets", (stage, key) => {
      const department = live(stage, "departments");
      if (department !== null) stage.desk.store.move(key, department.key, cause(stage));
    }),
  },
  "ticket archived": { weight: 1, run: onLive("tickets", ({ desk }, key) => void desk.store.archive(key)) },
  "ticket deleted": { weight: 4, run: remove("tickets") },
  "ticket restored": { weight: 4, run: restore("tickets") },
  "ticket erased from the bin": { weight: 1, run: purge("tickets", onTrashed) },
  "ticket erased": { weight: 1, run: purge("tickets", onLive) },
  "contact created": {
    weight: 2,
    run(stage) {
      stage.desk.store.create("contacts", { lastName: word(stage) }, cause(stage));
      return true;
    },
  },
  "contact updated": {
    weight: 6,
    run: onLive(
      "contacts",
      (stage, key) =>
        void stage.desk.store.update(
          "contacts",
          key,
          stage.random.pick([{ phone: word(stage) }, { lastName: word(stage) }, { description: word(stage) }]),
          cause(stage),
        ),
    ),
  },
  "contact deleted": { weight: 2, run: remove("contacts") },
  "contact restored": { weight: 2, run: restore("contacts") },
  "contact erased": { weight: 1, run: purge("contacts", onLive) },
  "comment added": { weight: 5, run: addChild("ticket_comments", comment) },
  "comment edited": { weight: 3, run: editChild("ticket_comments", comment) },
  "comment deleted": { weight: 2, run: remove("ticket_comments") },
  "attachment added": { weight: 2, run: addChild("ticket_attachments", (stage) => ({ name: word(stage), size: "1" })) },
  "attachment deleted": { weight: 1, run: remove("ticket_attachments") },
  "attachment restored": { weight: 1, run: restore("ticket_attachments") },
  "department updated": {
    weight: 1,
    run: onLive(
      "departments",
      (stage, key) => void stage.desk.store.update("departments", key, { description: word(stage) }, cause(stage)),
    ),
  },
  "Desk answers wrong": {
    weight: 5,
    run({ desk, random }) {
      const kind = random.pick(faultKinds);
      desk.faults.add({ kind, times: 1 + random.int(kind === "unauthorized" ? 1 : 5), delayMs: random.int(20_000) });
      return true;
    },
  },
  "Desk gets slower or faster": {
    weight: 2,
    run({ desk, random }) {
      desk.setLatencyMs(random.pick([0, 50, 500, 3_000]));
      return true;
    },
  },
  "webhooks get worse or better": {
    weight: 3,
    run({ desk, random }) {
      const rate = (): number => random.pick([0, 0, 0.3, 1]);
      desk.webhookControls.set({
        dropRate: rate(),
        duplicateRate: rate(),
        shuffle: random.chance(0.5),
        shuffleWindowMs: random.pick([500, 20_000]),
        delayMs: random.pick([0, 0, 2_000, 60_000]),
      });
      return true;
    },
  },
  "a rule names a ticket": {
    weight: 2,
    run: onLive("tickets", ({ plant }, key) => plant.post(JSON.stringify({ ticketId: key }))),
  },
  "sync dies": { weight: 5, run: ({ plant, random }) => plant.killSync(1 + random.int(random.pick([3, 30, 300]))) },
  "sync freezes": { weight: 2, run: ({ plant, random }) => plant.freezeSync(random.pick([1_000, 20_000, 60_000])) },
  "sync starts": { weight: 5, run: ({ plant }) => plant.startSync() },
  "ingest dies": { weight: 2, run: ({ plant, random }) => plant.killIngest(1 + random.int(5)) },
  "ingest starts": { weight: 3, run: ({ plant }) => plant.startIngest() },
  "a pull is asked for": { weight: 2, run: ({ plant }) => plant.askPull() },
};
