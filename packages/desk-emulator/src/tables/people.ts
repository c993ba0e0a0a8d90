import type { Row } from "../json.ts";
import { customFieldsByLabel, isTrashed, joinedAccount, joinedAgent, layoutDetails, webUrl } from "./joins.ts";
import { table, keys } from "./spec.ts";

/** A contact with nothing filled in. */
export const blankContact: Row = {
  firstName: null,
  lastName: null,
  email: null,
  secondaryEmail: null,
  phone: null,
  mobile: null,
  type: null,
  accountId: null,
  ownerId: null,
  photoURL: null,
  isAnonymous: false,
  isEndUser: false,
  isSpam: false,
  accountCount: "0",
  zohoCRMContact: null,
  customerHappiness: { badPercentage: "0", okPercentage: "0", goodPercentage: "0" },
  title: null,
  description: null,
  street: null,
  city: null,
  state: null,
  country: null,
  zip: null,
  facebook: null,
  twitter: null,
  cf: {},
  layoutId: null,
  isFollowing: false,
};

/** Contacts (Zoho Desk OpenAPI, Contact and Search). */
export const contacts = table({
  table: "contacts",
  path: "/contacts",
  sorts: keys("firstName lastName phone email account createdTime modifiedTime"),
  ignored: ["viewId"],
  includes: { list: { accounts: "account" }, detail: { accounts: "account", owner: "owner" } },
  fields: "all",
  list: keys(`
      id firstName lastName email secondaryEmail phone mobile type accountId ownerId photoURL isAnonymous
      isEndUser isSpam accountCount webUrl createdTime zohoCRMContact customerHappiness
    `),
  detail: keys(`
      modifiedTime title description street city state country zip facebook twitter cf customFields layoutId
      layoutDetails isDeleted isTrashed isFollowing
    `),
  search: {
    keys: keys(`
      id account accountId cf city country createdTime customFields customerHappiness description email
      facebook firstName isEndUser lastName layoutId mobile modifiedTime owner ownerId phone photoURL
      secondaryEmail state street title twitter type webUrl zip zohoCRMContact
    `),
    attributes: keys("firstName lastName email phone mobile accountId title type"),
  },
  derived: {
    isDeleted: isTrashed,
    isTrashed,
    webUrl: webUrl("Contacts"),
    customFields: customFieldsByLabel("contacts"),
    layoutDetails,
    account: joinedAccount,
    owner: joinedAgent("ownerId"),
  },
  scopes: { groups: ["Desk.contacts"] },
  count: "/contacts/count",
  eventPrefix: "Contact",
  bin: { type: "Contacts", module: "contacts", idsKey: "contactIds" },
  write: { blank: blankContact, required: ["lastName"], readOnly: ["accountCount"], remove: "bin", counted: null },
  modified: true,
});

/** An account with nothing filled in. */
export const blankAccount: Row = {
  accountName: null,
  email: null,
  website: null,
  phone: null,
  zohoCRMAccount: null,
  customerHappiness: { badPercentage: "0", okPercentage: "0", goodPercentage: "0" },
  industry: null,
  fax: null,
  description: null,
  street: null,
  city: null,
  state: null,
  country: null,
  code: null,
  annualrevenue: null,
  ownerId: null,
  associatedSLAIds: [],
  cf: {},
  layoutId: null,
  isFollowing: false,
};

/** Accounts (Zoho Desk OpenAPI, Account and Search). */
export const accounts = table({
  table: "accounts",
  path: "/accounts",
  page: { min: 1, max: 100, default: 10, oneBased: true },
  sorts: ["accountName", "website", "email", "phone", "createdTime", "modifiedTime"],
  ignored: ["viewId"],
  includes: { list: {}, detail: { owner: "owner" } },
  fields: "all",
  list: keys("id accountName email website phone createdTime webUrl zohoCRMAccount customerHappiness"),
  detail: keys(`
      modifiedTime industry fax description street city state country code annualrevenue ownerId
      associatedSLAIds cf customFields layoutId layoutDetails isDeleted isTrashed isFollowing
    `),
  search: {
    keys: keys(`
      id accountName annualrevenue cf city code country createdTime customFields description email fax
      industry layoutId modifiedTime owner ownerId phone state street webUrl website
    `),
    attributes: keys("accountName email phone website industry city country"),
  },
  derived: {
    isDeleted: isTrashed,
    isTrashed,
    webUrl: webUrl("Accounts"),
    customFields: customFieldsByLabel("accounts"),
    layoutDetails,
    owner: joinedAgent("ownerId"),
  },
  scopes: { groups: ["Desk.contacts", "Desk.accounts"] },
  count: "/accounts/count",
  eventPrefix: "Account",
  bin: { type: "Accounts", module: "accounts", idsKey: "accountIds" },
  write: { blank: blankAccount, required: ["accountName"], readOnly: [], remove: "bin", counted: null },
  modified: true,
});
