import { STREAM_SPECS } from "../streams/index.ts";
import type { StreamSpec } from "../streams/spec.ts";

/** What an event does to its record. `restore` says nothing of the record's state, so it is asked for. */
export type Operation = "upsert" | "delete" | "restore";

/** An event type that has a table. */
export interface EventKind {
  readonly type: string;
  readonly spec: StreamSpec;
  readonly operation: Operation;
}

const addUpdate = { Add: "upsert", Update: "upsert" } as const;
const addUpdateDelete = { ...addUpdate, Delete: "delete" } as const;

/** Second words by first word (Zoho Desk OAS, Webhook.json); every first word not named here has Add, Update and Delete. */
const operationsOf: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  Department: addUpdate,
  Ticket_Thread: { Add: "upsert" },
  Ticket_Comment: addUpdate,
  Ticket_Attachment: { ...addUpdateDelete, Trashed: "delete", Restored: "restore" },
};

/** Every event type that has a table. */
export const EVENT_KINDS: ReadonlyMap<string, EventKind> = new Map(
  STREAM_SPECS.flatMap((spec) => {
    if (spec.events === null) return [];
    const operations = Object.entries(operationsOf[spec.events] ?? addUpdateDelete);
    return operations.map(([word, operation]): [string, EventKind] => {
      const type = `${spec.events}_${word}`;
      return [type, { type, spec, operation }];
    });
  }),
);

const allOf = (first: string, ...words: readonly string[]): readonly string[] =>
  words.map((word) => `${first}_${word}`);

/** Known event types without a table (Zoho Desk OAS, Webhook.json; older spellings of the knowledge base's). */
export const EVENTS_WITHOUT_TABLE: ReadonlySet<string> = new Set([
  "Agent_Presence_Update",
  "Agent_Channel_Preference_Update",
  ...allOf("Ticket_Comment_Attachment", "Add", "Delete"),
  ...allOf("Ticket_Approval", "Add", "Update"),
  ...allOf("Article_Translation", "Add", "Update", "Delete"),
  "Article_Feedback_Add",
  ...["KBRootCategory", "KBSection", "KB_RootCategory", "KB_Section"].flatMap((first) =>
    allOf(first, "Add", "Update", "Delete"),
  ),
  "IM_Message_Add",
  "IM_Session_Status",
  "IM_Message_Status",
]);
