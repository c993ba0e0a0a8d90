import { shown, type Row } from "../json.ts";
import {
  customFieldsByLabel,
  isTrashed,
  joinedAccount,
  joinedAgent,
  joinedDepartment,
  joinedProduct,
  webUrl,
} from "./joins.ts";
import { oneOf, table, keys } from "./spec.ts";

/** A product with nothing filled in. */
export const blankProduct: Row = {
  productName: null,
  productCode: null,
  productCategory: null,
  manufacturer: null,
  unitPrice: null,
  description: null,
  ownerId: null,
  departmentIds: [],
  layoutId: null,
  cf: {},
  createdBy: null,
  modifiedBy: null,
};

/** Products (Zoho Desk OpenAPI, Product and Search). */
export const products = table({
  table: "products",
  path: "/products",
  sorts: ["productName", "productCode", "unitPrice", "createdTime", "modifiedTime"],
  ignored: ["viewId"],
  filters: {
    departmentId: (state, value) => ((state.data["departmentIds"] ?? []) as readonly string[]).includes(value),
  },
  includes: { list: { owner: "owner" }, detail: { owner: "owner", departments: "departments" } },
  fields: "all",
  list: keys(`
    id productName productCode productCategory manufacturer unitPrice description ownerId departmentIds
    layoutId cf isDeleted createdBy createdTime modifiedBy modifiedTime
  `),
  detail: ["customFields"],
  search: {
    keys: keys(`
    id cf createdBy createdTime customFields departmentIds description layoutId manufacturer modifiedBy
    modifiedTime ownerId productCategory productCode productName unitPrice
  `),
    attributes: ["productName", "productCode", "productCategory", "manufacturer"],
  },
  derived: {
    isDeleted: isTrashed,
    customFields: customFieldsByLabel("products"),
    owner: joinedAgent("ownerId"),
    departments: (state, context) =>
      ((state.data["departmentIds"] ?? []) as readonly string[]).map((id) => ({
        id,
        name: context.store.get("departments", id)?.data["name"] ?? null,
      })),
  },
  scopes: { groups: ["Desk.products", "Desk.settings"] },
  bin: { type: "Products", module: "products", idsKey: "productIds" },
  write: {
    blank: blankProduct,
    required: ["productName", "departmentIds"],
    readOnly: ["createdBy", "modifiedBy"],
    remove: "bin",
    counted: null,
  },
  modified: true,
});

/** A contract with nothing filled in. */
export const blankContract: Row = {
  contractName: null,
  contractNumber: null,
  contractStatus: "ACTIVE",
  description: null,
  startDate: null,
  endDate: null,
  notifyBefore: null,
  notifyOn: null,
  notificationAgentIds: [],
  ownerId: null,
  departmentId: null,
  accountId: null,
  productId: null,
  associatedSLAId: null,
  cf: {},
  createdBy: null,
  modifiedBy: null,
};

const contractIncludes = {
  accounts: "account",
  products: "product",
  slas: "sla",
  owner: "owner",
  departments: "department",
};

/** Contracts (Zoho Desk OpenAPI, Contract); they have no search and no events. */
export const contracts = table({
  table: "contracts",
  path: "/contracts",
  sorts: ["contractName", "accountName", "contractStartDate", "contractEndDate", "createdTime", "modifiedTime"],
  filters: {
    accountId: oneOf("accountId"),
    departmentId: oneOf("departmentId"),
    contractStatus: oneOf("contractStatus"),
  },
  ignored: ["viewId"],
  includes: { list: contractIncludes, detail: contractIncludes },
  fields: "all",
  list: keys(`
    id contractName contractNumber contractStatus description startDate endDate notifyBefore notifyOn
    notificationAgentIds ownerId departmentId accountId productId associatedSLAId cf createdBy createdTime
    modifiedBy modifiedTime webUrl
  `),
  detail: ["customFields"],
  derived: {
    webUrl: webUrl("Contracts"),
    customFields: customFieldsByLabel("contracts"),
    account: joinedAccount,
    product: joinedProduct,
    sla: () => null,
    owner: joinedAgent("ownerId"),
    department: joinedDepartment,
  },
  scopes: { groups: ["Desk.contracts", "Desk.settings"] },
  count: "/contracts/count",
  bin: { type: "Contracts", module: "contracts", idsKey: "contractIds" },
  write: {
    blank: blankContract,
    required: ["contractName", "accountId", "departmentId"],
    readOnly: ["createdBy", "modifiedBy"],
    remove: "bin",
    counted: null,
  },
  modified: true,
});

/** An article with nothing filled in. */
export const blankArticle: Row = {
  title: null,
  permalink: null,
  status: "Draft",
  permission: "ALL",
  locale: "en-us",
  categoryId: null,
  category: null,
  rootCategoryId: null,
  departmentId: null,
  authorId: null,
  author: null,
  ownerId: null,
  creatorId: null,
  modifierId: null,
  tags: [],
  summary: null,
  isLocked: false,
  likeCount: "0",
  dislikeCount: "0",
  viewCount: "0",
  usageCount: "0",
  feedbackCount: "0",
  translationId: null,
  availableLocaleTranslations: [],
  latestVersion: "1.0",
  latestVersionStatus: "Draft",
  latestPublishedVersion: null,
  answer: null,
};

/** Articles (Zoho Desk OpenAPI, Article and Search). */
export const articles = table({
  table: "articles",
  path: "/articles",
  page: { min: 1, max: 50, default: 10, oneBased: true },
  sorts: ["createdTime", "modifiedTime", "likeCount", "viewCount", "feedbackCount", "dislikeCount"],
  defaultSort: "createdTime",
  filters: {
    categoryId: oneOf("categoryId"),
    status: oneOf("status"),
    authorId: oneOf("authorId"),
    permission: oneOf("permission"),
    modifiedTimeRange: (state, value) => {
      const [from, to] = value.split(",").map(Date.parse) as [number, number];
      return state.modifiedMs >= from && state.modifiedMs <= to;
    },
  },
  list: keys(`
    id title permalink status permission locale categoryId category rootCategoryId departmentId authorId
    author ownerId creatorId modifierId tags summary createdTime modifiedTime isTrashed isLocked likeCount
    dislikeCount viewCount usageCount feedbackCount translationId availableLocaleTranslations latestVersion
    latestVersionStatus latestPublishedVersion webUrl portalUrl
  `),
  detail: ["answer"],
  search: {
    keys: keys(`
    id author authorId category categoryId createdTime creatorId dislikeCount feedbackCount
    latestPublishedVersion latestVersion latestVersionStatus likeCount modifiedTime modifierId permalink
    permission portalUrl rootCategoryId status summary title usageCount viewCount webUrl
  `),
    attributes: ["title", "status", "authorId", "categoryId", "permission"],
  },
  derived: {
    isTrashed,
    webUrl: webUrl("Solutions"),
    portalUrl: (state, context) => context.webUrl("portal/kb/articles", shown(state.data["permalink"])),
  },
  scopes: { groups: ["Desk.articles"] },
  count: "/articles/count",
  eventPrefix: "Article",
  bin: { type: "Articles", module: "solutions", idsKey: "articleIds" },
  write: {
    blank: blankArticle,
    required: ["title", "categoryId"],
    readOnly: keys("creatorId modifierId viewCount likeCount dislikeCount usageCount feedbackCount"),
    remove: "bin",
    counted: null,
    birth: ({ actorId, nowMs }) => ({ authorId: actorId, ownerId: actorId, permalink: `article-${nowMs}` }),
  },
  modified: true,
});
