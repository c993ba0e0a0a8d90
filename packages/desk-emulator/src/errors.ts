import type { Row } from "./json.ts";
import type { BreachKind } from "./stats.ts";

interface ErrorExtras {
  readonly details?: Row;
  readonly headers?: Readonly<Record<string, string>>;
  readonly breach?: BreachKind;
}

/** An answer of Zoho Desk's API that is an error (Zoho Desk API, section "Errors"). */
export class DeskError extends Error {
  override readonly name = "DeskError";
  readonly status: number;
  readonly errorCode: string;
  readonly details: Row;
  readonly headers: Readonly<Record<string, string>>;
  /** The wrong behaviour of the client that this answer shows, if any. */
  readonly breach: BreachKind | null;

  constructor(status: number, errorCode: string, message: string, more: ErrorExtras = {}) {
    super(message);
    this.status = status;
    this.errorCode = errorCode;
    this.details = more.details ?? {};
    this.headers = more.headers ?? {};
    this.breach = more.breach ?? null;
  }

  /** The body Zoho Desk sends. */
  get body(): Row {
    return { errorCode: this.errorCode, message: this.message, ...this.details };
  }
}

/** 401: the access token is missing, unknown, expired or pushed out. */
export function invalidOauth(): DeskError {
  return new DeskError(401, "INVALID_OAUTH", "The OAuth Token you provided is invalid.");
}

/** 403: the agent who authorized may not see this record. */
export function forbidden(): DeskError {
  return new DeskError(403, "FORBIDDEN", "You are not authorized to access this resource.");
}

/** 404: no such path, or no such record. */
export function urlNotFound(): DeskError {
  return new DeskError(404, "URL_NOT_FOUND", "The URL you requested could not be found.");
}

/** 422 with a sentence. */
export function unprocessable(message: string, breach?: BreachKind): DeskError {
  return new DeskError(422, "UNPROCESSABLE_ENTITY", message, breach === undefined ? {} : { breach });
}

/** 422: a number of the query lies outside its range. */
export function outOfRange(field: string, min: number, max: number): DeskError {
  return unprocessable(`The value passed for field '${field}' exceeds the range of '${min}-${max}'`, "outOfRange");
}

/** 422: fields of the body are missing or wrong, named by JSON pointer. */
export function invalidData(
  faults: readonly { fieldName: string; errorType: "invalid" | "missing" | "duplicate"; errorMessage?: string }[],
): DeskError {
  const errors = faults.map(({ fieldName, errorType, errorMessage = "" }) => ({ fieldName, errorType, errorMessage }));
  return new DeskError(422, "INVALID_DATA", "The data does not comply to the validation restrictions defined.", {
    details: { errors },
  });
}

/** 500 as Zoho Desk words it. */
export function internalError(): DeskError {
  return new DeskError(
    500,
    "INTERNAL_SERVER_ERROR",
    "An internal server error occurred while performing this operation.",
  );
}
