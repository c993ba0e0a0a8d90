import { fieldModules } from "./custom-fields.ts";
import { addFields } from "./fields.ts";
import { subjects } from "./vocabulary.ts";
import { add, type World } from "./world.ts";

/** Fields, layouts, calendars, and what each department has of its own: tags, skills, templates. */
export function generateConfiguration(world: World): void {
  for (const module of fieldModules) addFields(world, module);
  addLayouts(world);
  addCalendars(world);
  addPerDepartment(world);
}

/** Agents have fields, but no layouts (Zoho Desk OpenAPI, Layout: `module`). */
function addLayouts(world: World): void {
  for (const module of fieldModules.filter((name) => name !== "agents")) {
    for (const departmentId of world.ids.departments) {
      const data = {
        layoutName: `Standard ${module}`,
        layoutDisplayName: `Standard – ${module}`,
        layoutDesc: null,
        module,
        departmentId,
        isDefaultLayout: true,
        isStandardLayout: true,
        status: "ACTIVE",
        hasLogo: false,
      };
      add(world, "layouts", data, { parentId: module });
    }
  }
}

function addCalendars(world: World): void {
  const audit = { createdBy: world.ids.agents[0] as string, modifiedBy: world.ids.agents[0] as string };
  const hours = add(world, "business_hours", {
    name: "Bürozeiten",
    status: "ACTIVE",
    type: "SPECIFIC",
    timeZone: "Europe/Berlin",
    businessTimes: [{ day: "MONDAY", startTime: "08:00", endTime: "17:00", timeSlots: [] }],
    associatedHolidayList: [],
    ...audit,
  });
  for (const name of ["Feiertage DE", "Jours fériés"]) {
    add(world, "holiday_lists", {
      name,
      status: "ACTIVE",
      year: null,
      holidayListType: "RECURRING",
      associatedBusinessHours: [{ id: hours.id, name: "Bürozeiten" }],
      holidays: [{ from: "12-25", to: "12-26", holidayName: "Weihnachten" }],
      ...audit,
    });
  }
}

function addPerDepartment(world: World): void {
  const { ids, random } = world;
  const audit = { createdBy: ids.agents[0] as string, modifiedBy: ids.agents[0] as string };
  ids.departments.forEach((departmentId, index) => {
    const birth = { parentId: departmentId };
    for (const name of ["vip", "rückruf", "bug", "billing", "至急"]) {
      add(world, "ticket_tags", { name: `${name}-${index}`, count: String(random.int(200)), departmentId }, birth);
    }
    for (const name of ["Deutsch", "Hardware"]) {
      add(
        world,
        "skills",
        {
          name,
          description: null,
          status: "ACTIVE",
          orderId: index,
          criteria: null,
          agentIds: ids.agents.slice(0, 3),
          skillTypeId: `${departmentId}1`,
          skillType: { id: `${departmentId}1`, name: "Sprachen" },
          departmentId,
          ...audit,
        },
        birth,
      );
    }
    const values = { subject: random.pick(subjects), status: "Open", priority: "High" };
    const template = {
      ticketTemplateName: `Vorlage ${index + 1}`,
      layoutId: null,
      showInCustomerPortal: true,
      departmentId,
      values,
    };
    add(world, "ticket_templates", template, birth);
  });
}
