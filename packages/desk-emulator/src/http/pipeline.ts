import { refuseUnknown } from "../checks/query.ts";
import { refuseOutsideEdition, withoutHidden } from "../checks/profile.ts";
import { secondsToReset, thresholdExceeded, tooManyRequests } from "../checks/limits.ts";
import type { Desk } from "../desk.ts";
import { DeskError, internalError, invalidOauth, unprocessable, urlNotFound } from "../errors.ts";
import type { Fault } from "../faults.ts";
import { covers, isAllowed, type NeededScope } from "../oauth/scopes.ts";
import type { AccessToken } from "../oauth/grants.ts";
import type { Answer, Call } from "./route.ts";
import type { createRouter, Match } from "./router.ts";

/** A request of the API, read from HTTP. */
export interface ApiRequest {
  readonly method: string;
  /** Path below `/api/v1`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly bodyText: string;
  readonly authorization: string | undefined;
  readonly orgId: string | undefined;
  readonly sourceId: string | undefined;
  readonly automation: boolean;
}

/** An answer with the credits it cost. */
export interface PricedAnswer extends Answer {
  readonly weight: number;
}

/** The checks and the work of one request, in Zoho Desk's order. */
export interface Pipeline {
  /** The template a request matches, for counting and for faults: `GET /tickets/:id`. */
  template(request: ApiRequest): string;
  run(request: ApiRequest, fault: Fault | null): Promise<PricedAnswer>;
}

/** The pipeline over a router. */
export function createPipeline(desk: Desk, route: ReturnType<typeof createRouter>): Pipeline {
  const { settings, faults, grants, limits } = desk;

  function checkToken({ authorization }: ApiRequest): AccessToken {
    if (authorization === undefined && settings.missingTokenCode === "UNAUTHORIZED") {
      throw new DeskError(401, "UNAUTHORIZED", "You are not authorized to perform this operation.");
    }
    const [scheme, token] = (authorization ?? "").split(" ");
    const access = scheme === "Zoho-oauthtoken" || scheme === "Bearer" ? grants.find(token ?? "") : null;
    if (access === null) throw invalidOauth();
    return access;
  }

  function checkOrg(request: ApiRequest, match: Match): void {
    if (match.kind === "route" && match.route.withoutOrg === true) return;
    const orgId = request.orgId ?? request.query.get("orgId");
    if (orgId === null) {
      if (settings.missingOrgId === "accepted") return;
      if (settings.missingOrgId === "forbidden") throw new DeskError(403, "FORBIDDEN", "The orgId header is missing.");
      throw unprocessable("The orgId header is missing.");
    }
    if (!/^\d+$/.test(orgId)) throw internalError();
    if (orgId !== desk.orgId) {
      throw new DeskError(403, "OAUTH_ORG_MISMATCH", "The OAuth Token does not belong to this organization.");
    }
  }

  function checkScope({ scopes }: AccessToken, scope: NeededScope): void {
    const held = scopes.filter((name) => !isRevoked(name));
    if (!isAllowed(held, scope)) {
      throw new DeskError(403, "SCOPE_MISMATCH", "The OAuth Token doesn't have the required scope.");
    }
  }

  function isRevoked(held: string): boolean {
    return [...faults.revokedScopes].some(
      (revoked) => held === revoked || covers([revoked], held) || covers([held], revoked),
    );
  }

  function checkFault(fault: Fault | null): void {
    if (fault?.kind === "status500") throw internalError();
    if (fault?.kind === "unauthorized") throw invalidOauth();
    if (fault?.kind === "concurrency") throw tooManyRequests(true);
    if (fault?.kind === "credits") throw thresholdExceeded(secondsToReset(desk.clock.now(), settings), true);
  }

  async function work(request: ApiRequest, match: Match): Promise<PricedAnswer> {
    const access = checkToken(request);
    checkOrg(request, match);
    if (match.kind === "nothing") throw urlNotFound();
    if (match.kind === "wrongVerb") throw new DeskError(405, "METHOD_NOT_ALLOWED", "The method is not allowed here.");
    checkScope(access, match.route.scope);
    refuseOutsideEdition(match.route.path, settings);
    const weight = match.route.weight(request.query);
    limits.spend(weight);
    const cause = { sourceId: request.sourceId, automation: request.automation };
    const call: Call = { params: match.params, query: request.query, bodyText: request.bodyText, cause };
    try {
      match.route.locate?.(call);
      refuseUnknown(request.query, match.route.parameters());
      const answer = await match.route.handle(call);
      const body = answer.body === undefined ? {} : { body: withoutHidden(answer.body, settings) };
      return { ...answer, ...body, weight };
    } catch (error) {
      return { ...refusal(request, error), weight };
    }
  }

  function refusal(request: ApiRequest, error: unknown): Answer {
    if (!(error instanceof DeskError)) throw error;
    if (error.breach !== null) {
      const call = `${request.method} ${request.path}?${request.query.toString()}`;
      desk.stats.breach(error.breach, { call, message: error.message });
    }
    return { status: error.status, body: error.body, headers: error.headers };
  }

  return {
    template({ method, path }) {
      const match = route(method, path);
      return match.kind === "route" ? `${method} ${match.route.path}` : `${method} (unknown)`;
    },
    async run(request, fault) {
      try {
        checkFault(fault);
        return await work(request, route(request.method, request.path));
      } catch (error) {
        return { ...refusal(request, error), weight: 0 };
      }
    },
  };
}
