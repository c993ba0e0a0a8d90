/**
 * What is uncertain about the real Zoho Desk. Each value is a choice between readings of the facts; the default is the first
 * reading named there, or the one that clients report. All may be changed while the emulator runs.
 */
export interface Settings {
  // Facts 7, items 1 to 11: OAuth.
  /** HTTP status of an OAuth error body: 200 | 400. */
  oauthErrorStatus: 200 | 400;
  /** Life of a generated code in milliseconds. */
  codeLifeMs: number;

  // Items 12 to 16: request checks.
  /** errorCode of a call without an Authorization header. */
  missingTokenCode: "INVALID_OAUTH" | "UNAUTHORIZED";
  /** What a call without orgId gets. */
  missingOrgId: "accepted" | "unprocessable" | "forbidden";

  // What the agent who authorized, and the edition, do not have.
  /** Top-level keys that the agent's profile hides in every answer. */
  hiddenKeys: readonly string[];
  /** What /organizations calls the edition; null = by its own name. */
  editionName: string | null;
  /** Paths of modules that the edition does not have, such as `/contracts`. */
  pathsOutsideEdition: readonly string[];

  // Items 17 to 29: lists and search.
  /** Largest `from` of a list. */
  listMaxFrom: number;
  /** Largest `from` of a search: 999 (OpenAPI) | 4999 (HTML documentation). */
  searchMaxFrom: number;
  /** accounts and articles: `one` = row 1 is the first and `from=0` means the same; `strict` = 0 is refused; `zero` = as elsewhere. */
  oneBasedLists: "one" | "strict" | "zero";
  /** Whether tickets may be sorted by modifiedTime. */
  ticketsSortByModifiedTime: boolean;
  /** Status for an unknown name in `fields`. */
  unknownFieldStatus: 500 | 422;
  /** Order of /tickets when sortBy is absent. */
  ticketsDefaultSort: string;
  /** Both ends of a search range count, or the end does not. */
  searchRangeEnd: "inclusive" | "exclusive";
  /** Length at which description and resolution are cut in search rows; null = never. */
  searchTextLimit: number | null;
  /** Whether archived tickets are found by search. */
  searchFindsArchived: boolean;
  /** Whether `activities/search` exists. */
  activitiesSearch: boolean;
  /** Whether `tasks/search` and `calls/search` exist (seen in clients, not in the OpenAPI). */
  tasksAndCallsSearch: boolean;
  /** How a row of `activities/search` names its kind: `Tasks` (OpenAPI's list), `task` (OpenAPI's example), or not at all. */
  activitiesModule: "plural" | "singular" | "absent";
  /** Largest `limit` of articles/search. */
  articlesSearchMaxLimit: number;
  /** List key of /layouts. */
  layoutsListKey: string;
  /** Whether /layouts is paged with from and limit. */
  layoutsPaged: boolean;
  /** Columns of a ticketTags row beside id and name. */
  tagCountKey: string | null;
  /** Whether ticket templates carry modifiedTime. */
  templatesModifiedTime: boolean;
  /** sortBy values of archivedTickets. */
  archivedSorts: readonly string[];
  /** Whether archivedTickets answers with a `pagination` object. */
  archivedPagination: boolean;
  /** Whether /ticketsCount counts archived tickets. */
  ticketsCountArchived: boolean;
  /** Whether /ticketsCount counts spam. */
  ticketsCountSpam: boolean;
  /** Whether deletedAgents lists all deleted agents, or only those of the last 30 days. */
  deletedAgentsAll: boolean;
  /** Whether /fields exists; off, only the deprecated /organizationFields answers. */
  fieldsEndpoint: boolean;

  // Items 30 and 31: limits.
  /** Minutes by which the credit day of the data centre lies ahead of UTC. */
  creditDayOffsetMinutes: number;
  /** Largest Retry-After in seconds; null = until the reset. */
  maxRetryAfterSeconds: number | null;

  // Items 33 to 35: writes and deletes.
  /** Whether a comment or thread moves its ticket's modifiedTime. */
  childMovesModifiedTime: boolean;
  /** GET by id of a trashed record: 200 with isTrashed | 404. */
  trashedGet: "trashed" | "missing";
  /** Event sent when a ticket is restored. */
  restoreEvent: "none" | "Ticket_Update";
  /** Whether a restore moves modifiedTime. */
  restoreMovesModifiedTime: boolean;
  /** Whether a recycle-bin row's id is the record's own. */
  binIdIsRecordId: boolean;

  // Items 36 to 47: webhooks.
  /** Whether a webhook's URL must be on port 80 or 443. */
  webhookPortCheck: boolean;
  /** Whether an ignoreSourceId of UUID version 4 is refused. */
  refuseV4SourceId: boolean;
  /** Status for a webhook beyond the twentieth. */
  tooManyWebhooksStatus: 403 | 422;
  /** Milliseconds a callback has to answer: 5000 | 10000. */
  webhookDeadlineMs: number;
  /** Delays of retries after a failed delivery; empty = none. */
  webhookRetryDelaysMs: readonly number[];
  /** Whether later events overtake one that waits for its retry. */
  overtakeAfterFailure: boolean;
  /** Most events in one delivery. */
  eventsPerDelivery: number;
  /** Lanes per webhook and module; one keeps the order. */
  lanesPerModule: number;
  /** Unit of iat and exp in X-ZDesk-JWT. */
  jwtTimes: "seconds" | "milliseconds";
  /** prevState: the whole resource, or only what changed. */
  prevState: "full" | "changed";
  /** Whether a delete also sends an update event with the deleted flag, first. */
  deleteSendsUpdate: boolean;
}

/** The defaults (facts 7 and facts/search.md; the index lag and the latency are options, not settings). */
export const defaultSettings: Settings = {
  oauthErrorStatus: 200,
  codeLifeMs: 180_000,
  missingTokenCode: "INVALID_OAUTH",
  missingOrgId: "accepted",
  hiddenKeys: [],
  editionName: null,
  pathsOutsideEdition: [],
  listMaxFrom: 4999,
  searchMaxFrom: 999,
  oneBasedLists: "one",
  ticketsSortByModifiedTime: true,
  unknownFieldStatus: 500,
  ticketsDefaultSort: "-createdTime",
  searchRangeEnd: "inclusive",
  searchTextLimit: null,
  searchFindsArchived: false,
  activitiesSearch: true,
  tasksAndCallsSearch: true,
  activitiesModule: "plural",
  articlesSearchMaxLimit: 50,
  layoutsListKey: "data",
  layoutsPaged: false,
  tagCountKey: "count",
  templatesModifiedTime: false,
  archivedSorts: ["createdTime"],
  archivedPagination: true,
  ticketsCountArchived: false,
  ticketsCountSpam: true,
  deletedAgentsAll: true,
  fieldsEndpoint: true,
  creditDayOffsetMinutes: 0,
  maxRetryAfterSeconds: null,
  childMovesModifiedTime: false,
  trashedGet: "trashed",
  restoreEvent: "none",
  restoreMovesModifiedTime: false,
  binIdIsRecordId: true,
  webhookPortCheck: false,
  refuseV4SourceId: true,
  tooManyWebhooksStatus: 422,
  webhookDeadlineMs: 5_000,
  webhookRetryDelaysMs: [],
  overtakeAfterFailure: true,
  eventsPerDelivery: 1,
  lanesPerModule: 1,
  jwtTimes: "seconds",
  prevState: "full",
  deleteSendsUpdate: false,
};
