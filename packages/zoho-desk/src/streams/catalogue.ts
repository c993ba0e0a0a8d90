import { orderBy, stream } from "./spec.ts";

/** Products: `searchProductResponseFields` (Zoho Desk OAS, Search.json; its example too) and the detail (Product.json). No events. */
export const products = stream({
  name: "products",
  list: { path: "/products" },
  search: { paths: ["/products/search"], limit: 100, byDepartment: false },
  get: { path: "/products/:key", query: { include: "owner,departments" } },
  modified: "always",
  core: [
    "id",
    "productName",
    "productCode",
    "departmentIds",
    "createdBy",
    "createdTime",
    "modifiedBy",
    "modifiedTime",
    "cf",
  ],
  volatile: ["owner", "departments"],
  scopes: { read: ["Desk.products.READ", "Desk.settings.READ"], also: ["Desk.search.READ"] },
  changedSince: "search",
  bin: ["Products"],
});

const contractInclude = { include: "accounts,products,slas,owner,departments" };

/** Contracts (Zoho Desk OAS, Contract.json): neither search nor events; list rows carry modifiedTime. */
export const contracts = stream({
  name: "contracts",
  list: { path: "/contracts", query: contractInclude, order: orderBy("createdTime") },
  get: { path: "/contracts/:key", query: contractInclude },
  countPath: "/contracts/count",
  modified: "always",
  core: [
    "id",
    "contractName",
    "contractNumber",
    "contractStatus",
    "startDate",
    "endDate",
    "ownerId",
    "departmentId",
    "accountId",
    "productId",
    "createdBy",
    "createdTime",
    "modifiedBy",
    "modifiedTime",
  ],
  volatile: ["account", "product", "sla", "owner", "department", "contractStatus"],
  scopes: { read: ["Desk.contracts.READ", "Desk.settings.READ"] },
  changedSince: "list",
  bin: ["Contracts"],
});

/** Articles: `searchSolutionResponseFields` (Zoho Desk OAS, Search.json) and the detail with the body (Article.json). */
export const articles = stream({
  name: "articles",
  list: { path: "/articles", limit: 50 },
  // The list's limit is 50; what the search takes is not said.
  search: { paths: ["/articles/search"], limit: 50, byDepartment: false },
  get: { path: "/articles/:key" },
  countPath: "/articles/count",
  modified: "always",
  core: ["id", "title", "permalink", "status", "permission", "categoryId", "authorId", "createdTime", "modifiedTime"],
  detail: [
    "answer",
    "summary",
    "locale",
    "category",
    "rootCategoryId",
    "departmentId",
    "author",
    "ownerId",
    "tags",
    "isTrashed",
    "isLocked",
    "translationId",
    "availableLocaleTranslations",
    "webUrl",
    "portalUrl",
  ],
  volatile: ["author", "category", "likeCount", "dislikeCount", "viewCount", "usageCount", "feedbackCount"],
  scopes: { read: ["Desk.articles.READ"], also: ["Desk.search.READ"] },
  events: "Article",
  changedSince: "search",
  bin: ["Articles", "Solutions"],
});
