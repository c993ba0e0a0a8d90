import type { Row } from "../json.ts";
import { blankAgent, blankDepartment } from "../tables/organization.ts";
import { departmentNames, firstNames, lastNames } from "./vocabulary.ts";
import { add, type World } from "./world.ts";

/** The organization with its departments, people and channels. */
export function generateOrganization(world: World): void {
  addOrganization(world);
  addDepartments(world);
  addRolesAndProfiles(world);
  addAgents(world);
  addTeams(world);
  addChannels(world);
}

function addOrganization(world: World): void {
  const data: Row = {
    companyName: "Nordlicht Energie",
    portalName: "nordlicht",
    alias: null,
    portalURL: "https://help.example.org",
    edition: world.edition.toUpperCase(),
    timeZone: "Europe/Berlin",
    currencyCode: "EUR",
    currencySymbol: "€",
    currencyLocale: "de_DE",
    city: "Tübingen",
    country: "Germany",
    isDefault: true,
    isAdminInOrg: true,
    isSandboxPortal: false,
    isPayloadEncryptionEnabled: false,
    primaryContact: "Anna Müller",
  };
  add(world, "organizations", data, { id: world.orgId });
}

function addDepartments(world: World): void {
  for (let index = 0; index < world.departments; index += 1) {
    const name = `${departmentNames[index % departmentNames.length]}${index < departmentNames.length ? "" : ` ${index}`}`;
    const isLast = index > 0 && index === world.departments - 1;
    const sanitizedName = name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-");
    add(world, "departments", {
      ...blankDepartment,
      name,
      nameInCustomerPortal: name,
      sanitizedName,
      isEnabled: !isLast,
      isDefault: index === 0,
      chatStatus: index === 0 ? "AVAILABLE" : "NOT_CREATED",
    });
  }
}

function addRolesAndProfiles(world: World): void {
  const ceo = add(world, "roles", {
    name: "CEO",
    description: null,
    reportsTo: null,
    shareDataWithPeers: false,
    isDefault: true,
    isVisible: true,
    immediateSubRoles: [],
  });
  for (const name of ["Leitung Süd", "Agent", "Light agent"]) {
    const reportsTo = ceo.id;
    const fixed = {
      description: null,
      shareDataWithPeers: true,
      isDefault: false,
      isVisible: true,
      immediateSubRoles: [],
    };
    add(world, "roles", { name, reportsTo, ...fixed });
  }
  for (const name of ["Support Administrator", "Agent", "Light Agent", "Prüfer"]) {
    add(world, "profiles", {
      name,
      type: name === "Prüfer" ? "custom" : "default",
      isVisible: true,
      default: name !== "Prüfer",
      description: `${name} profile`,
      modifiedBy: null,
      permissions: { tickets: { view: true, edit: true } },
    });
  }
}

function addAgents(world: World): void {
  const { random, ids } = world;
  const count = Math.min(400, 12 + Math.floor(world.tickets / 500));
  for (let index = 0; index < count; index += 1) {
    const firstName = random.pick(firstNames);
    const lastName = random.pick(lastNames);
    const status = index < 6 || random.chance(0.9) ? "ACTIVE" : random.pick(["DISABLED", "DELETED"]);
    add(world, "agents", {
      ...blankAgent,
      zuid: String(60_000_000 + index),
      name: `${firstName} ${lastName}`,
      firstName,
      lastName,
      emailId: `agent${index}@nordlicht.example`,
      roleId: random.pick(ids.roles),
      profileId: index === 0 ? (ids.profiles[0] as string) : random.pick(ids.profiles),
      rolePermissionType: index === 0 ? "Admin" : "AgentPublic",
      status,
      associatedDepartmentIds: ids.departments.filter((_id, position) => index === 0 || (index + position) % 2 === 0),
      cf: { cf_text_1: `Büro ${index}`, cf_picklist_1: "Nord" },
    });
  }
}

function addTeams(world: World): void {
  const { ids } = world;
  const live = world.store.live("agents").ordered({ by: "id", descending: false });
  ids.departments.forEach((departmentId, index) => {
    const members = live.filter((_agent, position) => position % ids.departments.length === index || position === 0);
    const team = add(world, "teams", {
      name: `Team ${["α", "β", "γ", "δ"][index % 4]} ${index + 1}`,
      description: null,
      departmentId,
      roles: [],
      rolesWithSubordinates: [],
      subTeams: [],
      agents: members.map((agent) => agent.id),
      derivedAgents: members.map((agent) => agent.id),
      logoUrl: null,
    });
    for (const agent of members) {
      const data = { ...pickAgent(agent.data), id: agent.id };
      add(world, "team_members", data, { id: `${team.id}:${agent.id}`, parentId: team.id });
    }
  });
}

function pickAgent(data: Row): Row {
  const keys = ["name", "firstName", "lastName", "emailId", "roleId", "profileId", "status"];
  return Object.fromEntries(keys.map((key) => [key, data[key] ?? null]));
}

function addChannels(world: World): void {
  const { ids } = world;
  const codes = ["EMAIL", "PHONE", "WEB", "CHAT", "FORUMS", "TWITTER", "TWITTER_DM", "FACEBOOK", "FACEBOOK_DM"];
  for (const code of codes) {
    add(
      world,
      "channels",
      {
        code,
        name: code.charAt(0) + code.slice(1).toLowerCase().replace("_", " "),
        appName: null,
        type: "SYSTEM",
        departmentId: null,
        externalId: null,
        mappedIntegration: null,
        photoURL: null,
        acceptsReplies: true,
        replyConfig: {
          updateRecords: false,
          acceptsAttachments: true,
          contentTypes: ["text/html"],
          includeQuotedMessage: false,
        },
      },
      { id: code, parentId: ids.organizations[0] as string },
    );
  }
}
