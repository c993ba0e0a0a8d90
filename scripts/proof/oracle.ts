import pg from "pg";
import type { Desk, DeskRecord } from "./desk.ts";

/** How one table of Desk and sink compare, judged from outside: the emulator's store against SQL. */
export interface TableJudgement {
  readonly table: string;
  /** Live records of Desk that must be in the table. */
  readonly desk: number;
  /** Live rows of the table that were compared. */
  readonly sink: number;
  /** Live rows that may be there or not: archived tickets kept in `tickets`, children of tickets that are archived. */
  readonly leftOut: number;
  /** What is wrong: key and why. */
  readonly faults: readonly string[];
}

/** A row as it stands in a sink, whatever the sink is. */
export interface SinkRow {
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly parentId: string | null;
  readonly modifiedAt: Date | null;
  readonly deletedAt: Date | null;
  /** Version of its life: when it was last seen alive, or dead. */
  readonly life: string;
}

/** Values that move without any change of their record: they follow the clock, those who read, or children. */
const passing = new Set(
  `isOverDue isResponseOverdue isEscalated onholdTime lastThread isRead isFollowing viewCount usageCount likeCount dislikeCount
  feedbackCount customerHappiness accountCount contractStatus canReply actions respondedIn count ticketsCount derivedAgents
  associatedAgentIds isCommented dueIn customerResponseTime threadCount commentCount attachmentCount timeEntryCount taskCount`.split(
    /\s+/,
  ),
);

/** Records of other tables that a row shows: they change with those, without any change of the row. */
const joined = new Set(
  `contact account assignee team department product contract owner author category sla parent departments ticket creator
  layoutDetails secondaryContacts createdByUser modifiedByUser plainText attachments`.split(/\s+/),
);

/** Tables whose rows name what they were read under. */
const under = new Set(
  `team_members organization_fields layouts ticket_threads ticket_comments ticket_attachments ticket_time_entries ticket_history
  ticket_tags skills`.split(/\s+/),
);

const PAGE = 5_000;

/** Judges every table. It shares no code with what it judges: names, keys and what must agree are written here again. */
export async function judge(options: {
  readonly desk: Desk;
  readonly databaseUrl: string;
  readonly schema: string;
  readonly tables: readonly string[];
  /** Rows may lack what only a GET by id shows, or have it as it was: they are judged by what lists and searches show. */
  readonly mayLackDetail?: boolean;
}): Promise<readonly TableJudgement[]> {
  const { desk, databaseUrl, schema, tables, mayLackDetail = false } = options;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const archived = new Set<string>();
    for await (const { key } of desk.records("archived_tickets")) archived.add(key);
    const judgements: TableJudgement[] = [];
    for (const table of tables) {
      const rows = await readRows(client, `${schema}.${table}`);
      judgements.push(await judgeTable({ table, records: desk.records(table), rows, archived, mayLackDetail }));
    }
    return judgements;
  } finally {
    await client.end();
  }
}

async function readRows(client: pg.Client, table: string): Promise<Map<string, SinkRow>> {
  const rows = new Map<string, SinkRow>();
  for (let after = ""; ;) {
    const page = await client.query<SinkRow>(
      `select id, data, _parent_id as "parentId", _modified_at as "modifiedAt", _deleted_at as "deletedAt", _life_version as life
       from ${table} where id > $1 and data is not null order by id limit ${PAGE}`,
      [after],
    );
    for (const row of page.rows) rows.set(keyOf(table, row.id, row.data), row);
    if (page.rows.length < PAGE) return rows;
    after = page.rows.at(-1)!.id;
  }
}

/** Judges one table: every record of Desk against the rows, which are used up by it. */
export async function judgeTable(given: {
  readonly table: string;
  readonly records: AsyncIterable<DeskRecord> | Iterable<DeskRecord>;
  /** By key. */
  readonly rows: Map<string, SinkRow>;
  readonly archived: ReadonlySet<string>;
  readonly mayLackDetail: boolean;
}): Promise<TableJudgement> {
  const { table, records, rows, archived, mayLackDetail } = given;
  const faults: string[] = [];
  let desk = 0;
  let leftOut = 0;
  const sink = rows.values().reduce((live, { deletedAt }) => live + (deletedAt === null ? 1 : 0), 0);
  for await (const record of records) {
    const key = keyOf(table, record.key, record.detail);
    const row = rows.get(key);
    const isLive = row?.deletedAt === null;
    const mayLack = table === "tickets" ? record.archived : archived.has(record.parentId ?? "");
    if (record.deleted) {
      if (isLive) faults.push(`${key}: deleted in Desk, live here (${row.life})`);
    } else if (mayLack) {
      if (isLive) leftOut += 1;
    } else {
      desk += 1;
      const fault = row === undefined ? "no row" : whyUnlike(table, record, row, mayLackDetail);
      if (fault !== null) faults.push(`${key}: ${fault}`);
    }
    rows.delete(key);
  }
  for (const [key, { deletedAt }] of rows) if (deletedAt === null) faults.push(`${key}: never was in Desk`);
  return { table, desk, sink: sink - leftOut, leftOut, faults };
}

/** By what a row is known. A row of history has no id at Zoho; here its hash is left out and what it hashes put in its place. */
export function keyOf(table: string, key: string, data: Readonly<Record<string, unknown>>): string {
  if (!table.endsWith("ticket_history")) return key;
  return `${key.slice(0, key.lastIndexOf(":"))} ${toComparable(data["actor"])} ${toComparable(data["eventInfo"])}`;
}

/** Why a row is not the record; null when it is. */
function whyUnlike(table: string, record: DeskRecord, row: SinkRow, mayLackDetail: boolean): string | null {
  if (row.deletedAt !== null) return `live in Desk, deleted here at ${row.deletedAt.toISOString()} (${row.life})`;
  const parentId = toParentId(table, record);
  if (row.parentId !== parentId) return `under ${row.parentId}, not ${String(parentId)}`;
  const truth = { ...record.list, ...record.detail };
  // The list of archived tickets does not tell it.
  const modified = table === "archived_tickets" ? null : (truth["modifiedTime"] as string | null | undefined);
  if ((row.modifiedAt?.getTime() ?? null) !== (modified ? Date.parse(modified) : null)) {
    return `modified ${modified} in Desk, ${row.modifiedAt?.toISOString()} here`;
  }
  const names = mayLackDetail
    ? [...Object.keys(record.list), "modifiedTime", "cf"].filter((name) => name in row.data)
    : Object.keys({ ...truth, ...row.data });
  for (const name of names) {
    if (passing.has(name) || joined.has(name)) continue;
    const [wanted, found] = [toComparable(truth[name]), toComparable(row.data[name])];
    if (wanted !== found) return `${name} is ${wanted} in Desk, ${found} here (${table})`;
  }
  return null;
}

function toParentId(table: string, { parentId, detail }: DeskRecord): unknown {
  if (table === "archived_tickets") return detail["departmentId"];
  return under.has(table) ? parentId : null;
}

/** Any value as text: numbers and booleans as text, keys sorted, absent as null, and nothing in it that a database could not hold. */
function toComparable(value: unknown): string {
  return JSON.stringify(simplify(value));
}

function simplify(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map(simplify);
  if (typeof value !== "object") {
    return `${value as string | number | boolean}`.replaceAll("\0", "\uFFFD").toWellFormed();
  }
  const entries = Object.entries(value)
    .map(([name, inner]) => [name, simplify(inner)] as const)
    .filter(([, inner]) => inner !== null);
  return Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
