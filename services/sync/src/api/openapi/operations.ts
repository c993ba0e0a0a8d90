import { authorizeBody, pullBody, reconcileBody, sourceBody, verifyBody, waitQuery } from "../source-body.ts";
import * as answers from "./answers.ts";
import type { Operation } from "./document.ts";

const one = "/api/sources/{name}";

/** Calls whose answer is a run. */
const begun = { 200: answers.run, 202: answers.started };

/** Every call of the admin API (contract section 4). A test holds them against the routes. */
export const operations: readonly Operation[] = [
  {
    method: "post",
    path: "/api/sources",
    tag: "Sources",
    summary: "Create a source",
    body: sourceBody,
    answers: { 201: answers.newSource },
    refusals: [400, 409, 413, 422],
  },
  {
    method: "get",
    path: "/api/sources",
    tag: "Sources",
    summary: "List the sources",
    answers: { 200: answers.sources },
    refusals: [],
  },
  {
    method: "get",
    path: one,
    tag: "Sources",
    summary: "Read a source",
    answers: { 200: answers.sourceWithUrl },
    refusals: [404],
  },
  {
    method: "delete",
    path: one,
    tag: "Sources",
    summary: "Remove a source",
    answers: { 200: answers.removed },
    refusals: [404],
  },
  {
    method: "post",
    path: `${one}/authorize`,
    tag: "Sources",
    summary: "Exchange a new generated code",
    body: authorizeBody,
    answers: { 200: answers.source },
    refusals: [400, 404, 422],
  },
  {
    method: "post",
    path: `${one}/webhook`,
    tag: "Sources",
    summary: "Register or repair the webhook at Zoho",
    answers: { 200: answers.webhook },
    refusals: [404, 409, 422],
  },
  {
    method: "delete",
    path: `${one}/webhook`,
    tag: "Sources",
    summary: "Remove the webhook at Zoho",
    answers: { 200: answers.webhook },
    refusals: [404, 409, 422],
  },
  {
    method: "get",
    path: `${one}/status`,
    tag: "Sources",
    summary: "Tell how a source does",
    answers: { 200: answers.status },
    refusals: [404],
  },
  {
    method: "post",
    path: `${one}/pull`,
    tag: "Runs",
    summary: "Read tables whole",
    query: waitQuery,
    body: pullBody,
    answers: begun,
    refusals: [400, 404, 409, 422],
  },
  {
    method: "post",
    path: `${one}/reconcile`,
    tag: "Runs",
    summary: "Read what was modified",
    query: waitQuery,
    body: reconcileBody,
    answers: begun,
    refusals: [400, 404, 409, 422],
  },
  {
    method: "post",
    path: `${one}/verify`,
    tag: "Runs",
    summary: "Compare source and sink",
    query: waitQuery,
    body: verifyBody,
    answers: begun,
    refusals: [400, 404, 409, 422],
  },
  {
    method: "get",
    path: `${one}/runs/{id}`,
    tag: "Runs",
    summary: "Read a run",
    query: waitQuery,
    answers: { 200: answers.run },
    refusals: [404],
  },
  {
    method: "get",
    path: "/api/openapi.json",
    tag: "This description",
    summary: "Describe the admin API",
    answers: { 200: answers.description },
    refusals: [],
  },
];
