import { toId, toText } from "../values.ts";
import { stream } from "./spec.ts";

const basic = ["Desk.basic.READ", "Desk.settings.READ"] as const;

/** The organizations the grant sees (Zoho Desk OAS, Organization.json); asked for without `orgId`. */
export const organizations = stream({
  name: "organizations",
  list: { path: "/organizations", limit: null },
  scopes: { read: ["Desk.organization.READ", ...basic] },
});

/** Departments (Zoho Desk OAS, Department.json); they are disabled, never deleted. */
export const departments = stream({
  name: "departments",
  list: { path: "/departments", limit: 200 },
  get: { path: "/departments/:key" },
  countPath: "/departments/count",
  core: [
    "id",
    "name",
    "nameInCustomerPortal",
    "sanitizedName",
    "description",
    "isEnabled",
    "isDefault",
    "isVisibleInCustomerPortal",
    "isAssignToTeamEnabled",
    "hasLogo",
    "chatStatus",
    "creatorId",
    "createdTime",
  ],
  detail: ["associatedAgentIds"],
  // The agents say which departments they belong to; a department's own copy moves without an event.
  volatile: ["associatedAgentIds"],
  scopes: { read: ["Desk.departments.READ", ...basic] },
  events: "Department",
});

/** Agents that are not deleted (`agentResponse`, Zoho Desk OAS, Agent.json). */
export const agents = stream({
  name: "agents",
  list: { path: "/agents", limit: 200 },
  get: { path: "/agents/:key" },
  countPath: "/agents/count",
  whole: [
    "id",
    "firstName",
    "lastName",
    "emailId",
    "roleId",
    "profileId",
    "rolePermissionType",
    "status",
    "isConfirmed",
    "associatedDepartmentIds",
    "langCode",
    "timeZone",
  ],
  isGone: (row) => toText(row["status"]) === "DELETED",
  scopes: { read: ["Desk.agents.READ", ...basic] },
  events: "Agent",
});

/** Teams (Zoho Desk OAS, Team.json): without `limit`, one answer has all. */
export const teams = stream({
  name: "teams",
  list: { path: "/teams", key: "teams", limit: null },
  get: { path: "/teams/:key" },
  volatile: ["derivedAgents"],
  scopes: { read: ["Desk.teams.READ", ...basic] },
});

/** Members of each team (Zoho Desk OAS, Team.json); an agent may be in several. */
export const teamMembers = stream({
  name: "team_members",
  parent: "teams",
  list: { path: "/teams/:parent/members", key: "members", limit: null },
  toKey: (row, parentId) => (parentId === null ? null : joinKey(parentId, toId(row["id"]))),
  scopes: { read: ["Desk.teams.READ", ...basic] },
});

/** Roles (Zoho Desk OAS, Role.json). */
export const roles = stream({
  name: "roles",
  list: { path: "/roles", limit: 500 },
  get: { path: "/roles/:key" },
  countPath: "/roles/count",
  scopes: { read: ["Desk.permissions.READ", ...basic] },
});

/** Profiles: the list shows only what `fields` names, which `name` is not among; the detail has all (Zoho Desk OAS, Profile.json). */
export const profiles = stream({
  name: "profiles",
  list: {
    path: "/profiles",
    limit: 250,
    query: { fields: "type,isVisible,default,description,modifiedBy,modifiedTime,permissions" },
  },
  get: { path: "/profiles/:key" },
  countPath: "/profiles/count",
  modified: "sometimes",
  core: ["id", "type", "isVisible", "default", "modifiedTime"],
  detail: ["name", "permissions", "description"],
  scopes: { read: ["Desk.permissions.READ", ...basic] },
});

/** Channels; the key is the code (Zoho Desk OAS, Channel.json). */
export const channels = stream({
  name: "channels",
  list: { path: "/channels", limit: null },
  toKey: (row) => toId(row["code"]),
  scopes: { read: ["Desk.basic.READ"] },
});

function joinKey(parentId: string, id: string | null): string | null {
  return id === null ? null : `${parentId}:${id}`;
}
