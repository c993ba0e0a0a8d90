/** A part of the tutorial: what is told, or a command whose output is shown. */
export type Step = string | Command;

/** A command of the tutorial, in the shell of the third terminal. */
export interface Command {
  readonly run: string;
  /** What must hold before it runs, so that its output is always the same; a reader has waited that long by then. */
  readonly once?: "delivered" | "settled" | "indexed" | "dead";
}

const desk = `desk() { node -e 'fetch("http://127.0.0.1:9001/_emulator/" + process.argv[1], { method: "POST", body: process.argv[2] ?? "{}",
  headers: { "content-type": "application/json" } }).then((answer) => answer.text()).then(console.log)' "$@"; }`;

/** The tutorial below its beginning, in order. */
export const steps: readonly Step[] = [
  `## A source

A source is one Desk organization and where its rows go. Nothing is there yet:`,
  { run: "npx deskmirror source list" },
  `Its client secret comes from the environment here, so that it does not show in the list of processes; without it the command asks. A
generated code lives three minutes. This function asks the emulated Desk for a new one, and will stand for people who work in Desk:`,
  { run: desk },
  { run: "export DESKMIRROR_CLIENT_SECRET=emulator-secret" },
  { run: `export DESKMIRROR_CODE=$(desk code | cut -d '"' -f 4)` },
  {
    run: `npx deskmirror source add acme --org-id 700123456 --client-id 1000.DESKEMULATOR --tables tickets,contacts,calls \\
  --accounts-url http://127.0.0.1:9001 --desk-url http://127.0.0.1:9001`,
  },
  `The service URL is a secret: who knows it can send events. Now Desk is told of it, and the connection is tested. The emulated
Desk takes any port.`,
  { run: "npx deskmirror webhook register acme" },
  { run: "npx deskmirror test acme" },
  `## The full pull

What will it cost? Nothing is read before you say so.`,
  { run: "npx deskmirror plan acme" },
  { run: "npx deskmirror pull acme --wait" },
  `A table is \`live\` once the pull is proven complete and the first reconcile has followed; the details, one call each, come after.`,
  { run: "npx deskmirror status acme", once: "settled" },
  { run: "npx deskmirror verify acme" },
  `## Another look: csv mode

In \`document\` mode a row is the document that Desk gave. In \`csv\` mode every field is a column of its own; nothing is read again.`,
  { run: "npx deskmirror source set acme --mode csv --json > /dev/null" },
  {
    run: `node_modules/.bin/node scripts/query.ts data/desk.db \\
  "select ticket_number, status, priority, channel from acme_tickets where _deleted_at is null order by cast(ticket_number as integer) limit 3"`,
  },
  { run: "npx deskmirror source set acme --mode document --json > /dev/null" },
  `## A copy, and a new service URL

A copy has the same grant and tables, and a service URL of its own. It pulls nothing until it is told to.`,
  { run: "npx deskmirror source copy acme beta" },
  { run: "npx deskmirror source list" },
  `When a service URL has leaked, it is replaced. The old one works for a day, or as long as you say; the webhook at Zoho moves by itself.`,
  { run: "npx deskmirror source rotate-url acme --grace-seconds 60" },
  `## Pause and resume

While a source is paused nothing is written. What happens in Desk meanwhile is stored.`,
  { run: "npx deskmirror pause acme" },
  { run: `desk workload '{"changes":20,"mix":{"ticketCreate":1}}'` },
  { run: "npx deskmirror status acme", once: "delivered" },
  { run: "npx deskmirror resume acme" },
  { run: "npx deskmirror status acme", once: "settled" },
  `## A dead letter

A delivery whose signature is of a key that nobody knows is not believed, nor thrown away: it waits for you.`,
  { run: `desk webhooks '{"forgeNext":{"count":1,"forgery":"unknownKey"}}'` },
  { run: `desk workload '{"changes":1,"mix":{"ticketUpdate":1}}'` },
  { run: "npx deskmirror dead-letters list", once: "dead" },
  { run: "npx deskmirror doctor" },
  `You have looked at it and know it is yours. To replay it is to vouch for it.`,
  { run: "npx deskmirror dead-letters replay --source acme --dry-run" },
  { run: "npx deskmirror dead-letters replay --source acme" },
  { run: "npx deskmirror dead-letters list", once: "settled" },
  { run: "npx deskmirror verify acme", once: "indexed" },
  `## The end

Removing a source ends its mirror and its webhook at Zoho. The rows stay in the database.`,
  { run: "npx deskmirror source remove beta --yes" },
  { run: "npx deskmirror source remove acme --yes" },
  { run: "npx deskmirror source list" },
];

/** What comes before, with what the emulator printed. */
export function beginning(emulator: string): string {
  return `# Tutorial

From nothing to a mirror and back, by the command line only, against the bundled [Desk emulator](emulator.md). Every output below was
printed by a run; a test makes it again and compares. Times, keys and ids are written the same each time, and what depends on the moment as \`…\`.

You need git, npm and some Node from version 20. In the first terminal, in the repository, a Desk that runs on your machine:

\`\`\`console
$ npx desk-emulator --port 9001 --tickets 40
${emulator}
\`\`\`

In the second, ingest and sync, which may talk to that Desk instead of Zoho's:

\`\`\`console
$ ALLOW_CUSTOM_ENDPOINTS=true npm start
\`\`\`

Its first start writes an \`ADMIN_TOKEN\` into \`.env\`, where the command line finds it. Everything else happens in the third terminal, in the
same folder.`;
}
