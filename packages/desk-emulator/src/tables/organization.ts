import { shown, type Json, type Row } from "../json.ts";
import { oneOf, table, type Filter, keys } from "./spec.ts";

const basic = ["Desk.basic", "Desk.settings"];

const isEnabled: Filter = (state, value) => shown(state.data["isEnabled"]) === value;

/** The organization itself (Zoho Desk OpenAPI, Organization); read without orgId. */
export const organizations = table({
  table: "organizations",
  path: "/organizations",
  page: null,
  list: keys(`
    id companyName portalName alias portalURL edition timeZone currencyCode currencySymbol currencyLocale
    description employeeCount phoneNumber mobile fax website primaryContact street city state country zip
    isDefault isAdminInOrg isSandboxPortal isPayloadEncryptionEnabled logoURL faviconURL
  `),
  derived: { edition: ({ data }, { settings }) => settings.editionName ?? data["edition"] ?? null },
  scopes: { groups: ["Desk.organization", ...basic] },
});

/** A department with nothing filled in. */
export const blankDepartment: Row = {
  name: null,
  nameInCustomerPortal: null,
  sanitizedName: null,
  description: null,
  isEnabled: true,
  isDefault: false,
  isVisibleInCustomerPortal: true,
  isAssignToTeamEnabled: true,
  hasLogo: false,
  chatStatus: "NOT_CREATED",
  creatorId: null,
};

/** Departments (Zoho Desk OpenAPI, Department); they cannot be deleted, only disabled. */
export const departments = table({
  table: "departments",
  path: "/departments",
  page: { min: 0, max: 200, default: 10 },
  filters: { isEnabled, chatStatus: oneOf("chatStatus") },
  ignored: ["searchStr"],
  list: keys(`
    id name nameInCustomerPortal sanitizedName description isEnabled isDefault isVisibleInCustomerPortal
    isAssignToTeamEnabled hasLogo chatStatus creatorId createdTime
  `),
  detail: ["associatedAgentIds"],
  derived: {
    associatedAgentIds: (state, context) =>
      context.store
        .live("agents")
        .ordered({ by: "id", descending: false })
        .filter((agent) => ((agent.data["associatedDepartmentIds"] ?? []) as readonly Json[]).includes(state.id))
        .map((agent) => agent.id),
  },
  scopes: { groups: ["Desk.departments", ...basic] },
  count: "/departments/count",
  eventPrefix: "Department",
  write: {
    blank: blankDepartment,
    required: ["name"],
    readOnly: ["creatorId", "isDefault"],
    remove: "never",
    counted: null,
  },
});

/** An agent with nothing filled in. */
export const blankAgent: Row = {
  zuid: null,
  name: null,
  firstName: null,
  lastName: null,
  emailId: null,
  phone: null,
  mobile: null,
  extn: null,
  roleId: null,
  profileId: null,
  rolePermissionType: "AgentPublic",
  status: "ACTIVE",
  isConfirmed: true,
  isZiaAgent: false,
  associatedDepartmentIds: [],
  associatedChatDepartmentIds: [],
  channelExpert: [],
  aboutInfo: null,
  countryCode: "en_US",
  langCode: "en_US",
  timeZone: "Europe/Berlin",
  cf: {},
};

/** Agents (Zoho Desk OpenAPI, Agent); deleted ones are read from /deletedAgents. */
export const agents = table({
  table: "agents",
  path: "/agents",
  page: { min: 0, max: 200, default: 10 },
  sorts: ["id", "firstName", "lastName", "name", "emailId"],
  filters: {
    status: oneOf("status"),
    departmentIds: (state, value) =>
      value.split(",").some((id) => ((state.data["associatedDepartmentIds"] ?? []) as readonly string[]).includes(id)),
    isConfirmed: (state, value) => shown(state.data["isConfirmed"]) === value,
    rolePermissionType: oneOf("rolePermissionType"),
    profileIds: oneOf("profileId"),
  },
  ignored: ["sortOrder", "searchStr", "fieldName", "isLightAgent"],
  includes: {
    list: { profile: "profile", role: "role" },
    detail: {
      profile: "profile",
      role: "role",
      associatedDepartments: "associatedDepartments",
      associatedChatDepartments: "associatedChatDepartments",
      verifiedEmails: "verifiedEmails",
    },
  },
  list: keys(`
    id zuid name firstName lastName emailId phone mobile extn photoURL roleId profileId rolePermissionType
    status isConfirmed isZiaAgent associatedDepartmentIds associatedChatDepartmentIds channelExpert
    aboutInfo countryCode langCode timeZone cf
  `),
  derived: {
    photoURL: (state, context) => context.apiUrl(`/agents/${state.id}/photo?orgId=${context.orgId}`),
    profile: (state, context) => named(context.store.get("profiles", shown(state.data["profileId"]))),
    role: (state, context) => named(context.store.get("roles", shown(state.data["roleId"]))),
    associatedDepartments: (state, context) =>
      ((state.data["associatedDepartmentIds"] ?? []) as readonly string[]).map((id) =>
        named(context.store.get("departments", id)),
      ),
    associatedChatDepartments: () => [],
    verifiedEmails: (state) => [state.data["emailId"] ?? null],
  },
  scopes: { groups: ["Desk.agents", ...basic] },
  count: "/agents/count",
  eventPrefix: "Agent",
  write: {
    blank: blankAgent,
    required: ["lastName", "emailId"],
    readOnly: ["zuid"],
    remove: "status",
    counted: null,
    birth: ({ fields, nowMs }) => ({
      name: [fields["firstName"], fields["lastName"]].filter((part) => typeof part === "string").join(" "),
      zuid: String(nowMs),
    }),
  },
});

function named(state: { readonly id: string; readonly data: Row } | undefined): Json {
  return state === undefined ? null : { id: state.id, name: state.data["name"] ?? null };
}

/** Teams (Zoho Desk OpenAPI, Team); `limit` 0, or none, gives all. */
export const teams = table({
  table: "teams",
  path: "/teams",
  listKey: "teams",
  page: { min: 0, max: 200, default: 0, zeroIsAll: true },
  ignored: ["searchStr", "isAllDepartment"],
  list: keys("id name description departmentId roles rolesWithSubordinates subTeams agents derivedAgents logoUrl"),
  scopes: { groups: ["Desk.teams", ...basic] },
});

/** Members of a team (Zoho Desk OpenAPI, Team). */
export const teamMembers = table({
  table: "team_members",
  path: "/teams/:parentId/members",
  listKey: "members",
  page: null,
  includes: { list: { profile: "profile", role: "role" }, detail: {} },
  list: keys("id name firstName lastName emailId photoURL roleId profileId status"),
  derived: { profile: () => null, role: () => null },
  scopes: { groups: ["Desk.teams", ...basic] },
});

/** Roles (Zoho Desk OpenAPI, Role). */
export const roles = table({
  table: "roles",
  path: "/roles",
  page: { min: 1, max: 500, default: 10 },
  ignored: ["searchStr", "isVisible"],
  list: keys("id name description reportsTo shareDataWithPeers isDefault isVisible immediateSubRoles"),
  scopes: { groups: ["Desk.permissions", ...basic] },
  count: "/roles/count",
});

/** Profiles (Zoho Desk OpenAPI, Profile); a row has id and name, the rest by `fields`. */
export const profiles = table({
  table: "profiles",
  path: "/profiles",
  page: { min: 1, max: 250, default: 250 },
  ignored: ["searchStr", "isVisible"],
  fields: keys("type isVisible default modifiedBy modifiedTime permissions description"),
  list: ["id", "name"],
  detail: keys("type isVisible default description modifiedBy modifiedTime permissions"),
  scopes: { groups: ["Desk.permissions", ...basic] },
  count: "/profiles/count",
  modified: true,
});

/** Channels (Zoho Desk OpenAPI, Channel); the key is the code. */
export const channels = table({
  table: "channels",
  path: "/channels",
  page: null,
  list: keys("code name appName type departmentId externalId mappedIntegration photoURL acceptsReplies replyConfig"),
  scopes: { groups: ["Desk.basic"] },
});
