/** The data centres of Zoho (Zoho Accounts, multi-dc). */
export const DATA_CENTERS = ["com", "eu", "in", "com.au", "jp", "com.cn", "ca", "sa", "sg", "ae", "uk"] as const;
export type DataCenter = (typeof DATA_CENTERS)[number];

/** How a present or missing `X-ZDesk-JWT` is judged (contract section 4). */
export type SignatureMode = "require" | "verify" | "off";

/** A connected Zoho Desk organization with everything a person configured (contract section 4). */
export interface DataSource {
  readonly name: string;
  readonly orgId: string;
  readonly dataCenter: DataCenter;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Null before a generated code was exchanged. */
  readonly refreshToken: string | null;
  /** Scopes of the grant; null when Zoho did not say. */
  readonly scopes: readonly string[] | null;
  readonly mode: "document" | "csv";
  readonly increment: "webhook";
  /** Null: all that the scopes allow, except children of tickets. */
  readonly tables: readonly string[] | null;
  /** Null: the default sink. */
  readonly sinkUrl: string | null;
  readonly signature: SignatureMode;
  readonly throttle: ThrottleSettings;
  readonly reconcileSeconds: number | null;
  readonly compareSeconds: number | null;
  readonly sweepHours: number | null;
  /** Custom endpoints; null: Zoho's own hosts of the data centre. */
  readonly accountsUrl: string | null;
  readonly deskUrl: string | null;
  /** The current secret part of the service URL: ≥ 128 random bits, URL-safe. */
  readonly serviceKey: string;
  /** Id of the webhook we registered; null when there is none. */
  readonly webhookId: string | null;
  readonly paused: boolean;
  /** How often a full pull of each table was asked for, by table; none: never. A restart adds one. */
  readonly pulls: Readonly<Record<string, number>>;
  readonly createdMs: number;
}

/** Limits a person set. */
export interface ThrottleSettings {
  /** Calls at once; null: the edition's limit − 2, 3 when unknown. */
  readonly concurrency: number | null;
  /** Share of the day's credits left to other tools, 0 to 1. */
  readonly reserve: number;
  /** The day's credits; null: by edition. */
  readonly dailyCredits: number | null;
}

/** A time in which events may have been missed. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number | null;
  readonly reason: string;
  readonly state: "open" | "closed";
}
