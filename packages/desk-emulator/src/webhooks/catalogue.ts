/** A filter key that a subscription may carry. */
export type FilterKey = "departmentIds" | "fields" | "includePrevState" | "direction";

const none: readonly FilterKey[] = [];
const byDepartment: readonly FilterKey[] = ["departmentIds"];
const withPrevious: readonly FilterKey[] = ["includePrevState"];

function trio(prefix: string): [string, readonly FilterKey[]][] {
  return [
    [`${prefix}_Add`, none],
    [`${prefix}_Update`, withPrevious],
    [`${prefix}_Delete`, none],
  ];
}

function activity(prefix: string): [string, readonly FilterKey[]][] {
  return [
    [`${prefix}_Add`, byDepartment],
    [`${prefix}_Update`, ["departmentIds", "includePrevState"]],
    [`${prefix}_Delete`, none],
  ];
}

/** Every event a webhook may subscribe to, with the filter keys it allows (Zoho Desk OpenAPI, Webhook). */
export const eventCatalogue: ReadonlyMap<string, readonly FilterKey[]> = new Map<string, readonly FilterKey[]>([
  ["Ticket_Add", byDepartment],
  ["Ticket_Update", ["departmentIds", "fields", "includePrevState"]],
  ["Ticket_Delete", none],
  ["Ticket_Comment_Add", byDepartment],
  ["Ticket_Comment_Update", byDepartment],
  ["Ticket_Thread_Add", ["departmentIds", "direction"]],
  ["Ticket_Attachment_Add", none],
  ["Ticket_Attachment_Update", none],
  ["Ticket_Attachment_Trashed", byDepartment],
  ["Ticket_Attachment_Restored", byDepartment],
  ["Ticket_Attachment_Delete", byDepartment],
  ["Ticket_Comment_Attachment_Add", none],
  ["Ticket_Comment_Attachment_Delete", none],
  ["Ticket_Approval_Add", none],
  ["Ticket_Approval_Update", withPrevious],
  ...trio("Contact"),
  ...trio("Account"),
  ...trio("Agent"),
  ["Agent_Presence_Update", none],
  ["Agent_Channel_Preference_Update", none],
  ["Department_Add", none],
  ["Department_Update", withPrevious],
  ...activity("Task"),
  ...activity("Call"),
  ...activity("Event"),
  ...trio("TimeEntry"),
  ...trio("Article"),
  ...trio("Article_Translation"),
  ["Article_Feedback_Add", none],
  ...trio("KBRootCategory"),
  ...trio("KBSection"),
  ["IM_Message_Add", byDepartment],
  ["IM_Session_Status", byDepartment],
  ["IM_Message_Status", byDepartment],
]);
