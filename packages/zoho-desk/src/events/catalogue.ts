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

/** An event of something that shows inside a record of a table: the record is asked for. */
export interface EventTouch {
  readonly stream: string;
  /** Keys of the payload that name the record and the one it is read under. */
  readonly key: string;
  readonly parent: string | null;
}

const touch = (types: readonly string[], of: EventTouch): readonly (readonly [string, EventTouch])[] =>
  types.map((type) => [type, of]);

/** Event types that touch a record without carrying it; a payload that does not name the record concerns no table. */
export const EVENT_TOUCHES: ReadonlyMap<string, EventTouch> = new Map([
  ...touch(allOf("Ticket_Comment_Attachment", "Add", "Delete"), {
    stream: "ticket_comments",
    key: "commentId",
    parent: "ticketId",
  }),
  ...touch(allOf("Ticket_Approval", "Add", "Update"), { stream: "tickets", key: "ticketId", parent: null }),
  ...touch(allOf("Article_Translation", "Add", "Update", "Delete"), {
    stream: "articles",
    key: "articleId",
    parent: null,
  }),
]);

/** Known event types without a table (Zoho Desk OAS, Webhook.json; older spellings of the knowledge base's). */
export const EVENTS_WITHOUT_TABLE: ReadonlySet<string> = new Set([
  "Agent_Presence_Update",
  "Agent_Channel_Preference_Update",
  "Article_Feedback_Add",
  ...["KBRootCategory", "KBSection", "KB_RootCategory", "KB_Section"].flatMap((first) =>
    allOf(first, "Add", "Update", "Delete"),
  ),
  "IM_Message_Add",
  "IM_Session_Status",
  "IM_Message_Status",
]);
