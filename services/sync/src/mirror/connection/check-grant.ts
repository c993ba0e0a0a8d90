import { CreditsError, PermanentError, TransientError } from "@deskmirror/model";
import type { DataCenter, DataSource, Organization, RequestOptions, Source } from "@deskmirror/model";
import { fail, ok, said, toWhy, unjudged, warn } from "./check.ts";
import type { Check } from "./check.ts";

/** What the grant is worth. */
export interface GrantFindings {
  readonly checks: readonly Check[];
  /** Null when it could not be read. */
  readonly organization: Organization | null;
  /** Why nothing more can be asked of Zoho; null when it can. */
  readonly obstacle: string | null;
}

/** What judging a grant needs. */
export interface GrantParts {
  readonly dataSource: DataSource;
  readonly source: Source;
  /** The data centre that knows the source's client; null when none or several do. */
  readonly locateClient: (source: DataSource) => Promise<DataCenter | null>;
  readonly options: RequestOptions;
}

const TOKEN = "token";
const DATA_CENTRE = "data centre";
const ORGANIZATION = "organization";

const newCode = (name: string): string =>
  `Generate a new code in the API console (Self Client) and POST it to /api/sources/${name}/authorize.`;

/** What to do, by the word with which Zoho refuses a token. */
const nextSteps: Readonly<Record<string, string>> = {
  invalid_client: "Correct the client id, or the data centre.",
  invalid_client_secret: "Copy the client secret again from the API console and PATCH clientSecret.",
};

/** Judges token, data centre and organization: a new token is asked for, since one that was had before says nothing of the grant. */
export async function checkGrant(parts: GrantParts): Promise<GrantFindings> {
  const { dataSource, source, options } = parts;
  if (dataSource.refreshToken === null) {
    const why = "the source has no grant";
    const token = fail(TOKEN, "No code was exchanged yet: the source has no grant.", newCode(dataSource.name));
    return {
      checks: [token, unjudged(DATA_CENTRE, why), unjudged(ORGANIZATION, why)],
      organization: null,
      obstacle: why,
    };
  }
  let token = ok(TOKEN, "Zoho gives new access tokens for the grant.");
  try {
    await source.renewToken(options);
  } catch (error) {
    if (!(error instanceof TransientError && error.code === "REFRESH_WINDOW")) return refused(parts, error);
    token = warn(TOKEN, `No new token could be asked for: ${said(error)}`, "Test again in ten minutes.");
  }
  const dataCentre = ok(DATA_CENTRE, `The client is known in data centre ${dataSource.dataCenter}.`);
  return withOrganization(parts, token, dataCentre);
}

async function refused({ dataSource, locateClient }: GrantParts, error: unknown): Promise<GrantFindings> {
  const { dataCenter, name } = dataSource;
  const why = "there is no access token";
  const rest = { organization: null, obstacle: why };
  if (!(error instanceof PermanentError)) {
    const token = fail(
      TOKEN,
      said(error),
      `Sync must reach the accounts server of data centre ${dataCenter} by HTTPS.`,
    );
    return { checks: [token, unjudged(DATA_CENTRE, why), unjudged(ORGANIZATION, why)], ...rest };
  }
  const token = fail(TOKEN, said(error), nextSteps[error.code] ?? newCode(name));
  const found = error.code === "invalid_client" ? await locateClient(dataSource) : dataCenter;
  const dataCentre =
    found === null
      ? unjudged(DATA_CENTRE, "no other data centre is known to have this client id")
      : found === dataCenter
        ? ok(DATA_CENTRE, `The client is known in data centre ${dataCenter}.`)
        : fail(
            DATA_CENTRE,
            `The client belongs to data centre ${found}, not to ${dataCenter}.`,
            `Create the source with dataCenter ${found} and a code generated there.`,
          );
  return { checks: [token, dataCentre, unjudged(ORGANIZATION, why)], ...rest };
}

async function withOrganization({ dataSource, source, options }: GrantParts, token: Check, dataCentre: Check) {
  const { orgId, name } = dataSource;
  try {
    const organization = await source.organization(options);
    const found = ok(ORGANIZATION, `${organization.name} (${orgId}).`);
    return { checks: [token, dataCentre, found], organization, obstacle: null };
  } catch (error) {
    const none = { organization: null, obstacle: toObstacle(error) };
    if (error instanceof PermanentError && error.code === "OAUTH_ORG_MISMATCH") {
      const hint =
        "Generate the code for this organization and authorize again, or add a source of another name with the right orgId.";
      return { checks: [token, dataCentre, fail(ORGANIZATION, said(error), hint)], ...none };
    }
    if (error instanceof PermanentError && error.code === "INVALID_OAUTH") {
      const dead = fail(TOKEN, said(error), newCode(name));
      return { checks: [dead, dataCentre, unjudged(ORGANIZATION, "Zoho refuses its tokens")], ...none };
    }
    return { checks: [token, dataCentre, unjudged(ORGANIZATION, toWhy(error))], ...none };
  }
}

/** Why nothing more can be asked of Zoho after an error; null when other requests may be answered. */
function toObstacle(error: unknown): string | null {
  if (error instanceof CreditsError) return "the day's credits are kept for other tools";
  if (error instanceof PermanentError && error.code === "OAUTH_ORG_MISMATCH") return "it is the wrong organization";
  if (error instanceof PermanentError && error.code === "INVALID_OAUTH") return "Zoho refuses its tokens";
  return null;
}
