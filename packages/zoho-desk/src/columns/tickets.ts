import { toColumns } from "./words.ts";

const person = (key: string): string =>
  ["firstName", "lastName", "email", "emailId", "zuid", "photoURL"].map((name) => `${key}.${name}`).join(" ");

/** Of `ticketResponse`, and of what `include` adds (Zoho Desk OAS, Ticket.json, Search.json); ids that stand in a key of their own are not repeated. */
const ticket = `
  ticketNumber subject status statusType priority channel channelCode language category subCategory classification sentiment
  relationshipType email phone description resolution webUrl
  departmentId contactId accountId assigneeId teamId productId contractId slaId layoutId
  createdTime:time modifiedTime:time createdBy modifiedBy dueDate:time responseDueDate:time customerResponseTime:time
  closedTime:time onholdTime:time lockedTime:time
  isSpam:boolean isArchived:boolean isEscalated:boolean isOverDue:boolean isResponseOverdue:boolean isRead:boolean
  isFollowing:boolean isDeleted:boolean isTrashed:boolean
  threadCount:integer commentCount:integer attachmentCount:integer timeEntryCount:integer taskCount:integer approvalCount:integer
  followerCount:integer tagCount:integer sharedCount:integer childTicketCount:integer
  contact.firstName contact.lastName contact.email contact.phone contact.mobile contact.type contact.isSpam:boolean
  contact.account.id contact.account.accountName contact.account.website
  department.name team.name team.logoUrl product.productName
  ${person("assignee")}
  lastThread.channel lastThread.direction lastThread.isDraft:boolean lastThread.isForward:boolean
  source.type source.appName source.extId source.permalink source.appPhotoURL source.uuid
  channelRelatedInfo.topicId channelRelatedInfo.topicType channelRelatedInfo.isTopicDeleted:boolean channelRelatedInfo.forumStatus
  channelRelatedInfo.sourceLink
  layoutDetails.layoutName sourceTicket.id sourceTicket.subject
  entitySkills secondaryContacts sharedDepartments descAttachments
`;

/** Columns of tickets and what is read under them, but for custom fields. */
export const ticketColumns = {
  tickets: toColumns(ticket),
  archived_tickets: toColumns(ticket),

  // Zoho Desk OAS, Thread.json
  ticket_threads: toColumns(`
    channel direction status visibility summary contentType content plainText fromEmailAddress to cc bcc replyTo
    createdTime:time respondedIn responderId attachmentCount:integer
    isDescriptionThread:boolean canReply:boolean hasAttach:boolean isForward:boolean isContentTruncated:boolean
    author.name author.firstName author.lastName author.email author.type author.photoURL
    source.type source.appName source.extId source.permalink source.appPhotoURL source.uuid
    channelRelatedInfo actions lastRatingIconURL fullContentURL attachments
  `),

  // Zoho Desk OAS, TicketComment.json
  ticket_comments: toColumns(`
    content contentType plainText isPublic:boolean commentedTime:time modifiedTime:time commenterId
    commenter.name commenter.firstName commenter.lastName commenter.email commenter.type commenter.roleName commenter.photoURL
    impersonatedUser mention attachments
  `),

  // Zoho Desk OAS, TicketAttachment.json
  ticket_attachments: toColumns("name size:integer href previewurl isPublic:boolean createdTime:time creatorId"),

  // Zoho Desk OAS, TicketTimeEntry.json
  ticket_time_entries: toColumns(`
    requestId taskId departmentId ownerId createdBy creatorId createdTime:time executedTime:time
    hoursSpent:integer minutesSpent:integer secondsSpent:integer
    agentCostPerHour:number fixedCost:number additionalCost:number totalCost:number
    billingType requestChargeType isBillable:boolean isTrashed:boolean mode invoiceId description layoutId layoutDetails.layoutName
    parent.type parent.id parent.ticketNumber parent.subject
  `),

  // Zoho Desk OAS, TicketHistory.json
  ticket_history: toColumns("eventName eventTime:time actor.id actor.name actor.type actorInfo source eventInfo"),

  // Zoho Desk OAS, TicketTags.json
  ticket_tags: toColumns("name count:integer ticketsCount:integer"),

  // `listViewJson`, Zoho Desk OAS, TicketTemplate.json; `values` are those of a ticket
  ticket_templates: toColumns(`
    ticketTemplateName layoutId departmentId showInCustomerPortal:boolean createdTime:time modifiedTime:time values
  `),
};
