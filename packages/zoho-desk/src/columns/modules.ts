import { toColumns } from "./words.ts";

const person = (key: string): string =>
  ["firstName", "lastName", "email", "emailId", "zuid", "photoURL"].map((name) => `${key}.${name}`).join(" ");

const happiness = ["bad", "ok", "good"].map((mood) => `customerHappiness.${mood}Percentage:number`).join(" ");

/** Of tasks, calls and events alike (Zoho Desk OAS, Task.json, Call.json, Event.json). */
const activity = `
  subject status statusType priority category activityType description webUrl
  ownerId creatorId contactId ticketId teamId departmentId layoutId
  createdTime:time modifiedTime:time completedTime:time activityTime:time startTime:time
  isTrashed:boolean isSpam:boolean isCommented:boolean reminder
  contact.firstName contact.lastName contact.email contact.phone contact.mobile contact.type contact.isSpam:boolean
  contact.account.id contact.account.accountName contact.account.website
  ticket.ticketNumber ticket.subject ticket.channel ticket.status ticket.isSpam:boolean ticket.dueDate:time ticket.teamId
  department.name team.name team.logoUrl
  ${person("assignee")}
`;

/** Of a call or an event, which name who changed them by an object. */
const modifier = `modifiedBy.id ${person("modifiedBy")}`;

/** Columns of the modules beside tickets, but for custom fields. */
export const moduleColumns = {
  // Zoho Desk OAS, Contact.json
  contacts: toColumns(`
    firstName lastName email secondaryEmail phone mobile type title description street city state country zip facebook twitter
    photoURL webUrl accountId ownerId layoutId layoutDetails.layoutName accountCount:integer
    createdTime:time modifiedTime:time
    isAnonymous:boolean isEndUser:boolean isSpam:boolean isFollowing:boolean isDeleted:boolean isTrashed:boolean
    zohoCRMContact.id zohoCRMContact.type ${happiness}
    account.accountName account.website ${person("owner")}
  `),

  // Zoho Desk OAS, Account.json
  accounts: toColumns(`
    accountName email website phone fax industry annualrevenue:number description street city state country code webUrl
    ownerId layoutId layoutDetails.layoutName createdTime:time modifiedTime:time
    isFollowing:boolean isDeleted:boolean isTrashed:boolean associatedSLAIds
    zohoCRMAccount.id zohoCRMAccount.type ${happiness} ${person("owner")}
  `),

  // Zoho Desk OAS, Product.json
  products: toColumns(`
    productName productCode productCategory manufacturer unitPrice:number description ownerId layoutId departmentIds
    createdBy createdTime:time modifiedBy modifiedTime:time isDeleted:boolean departments ${person("owner")}
  `),

  // Zoho Desk OAS, Contract.json
  contracts: toColumns(`
    contractName contractNumber contractStatus description startDate:date endDate:date notifyBefore:integer notifyOn
    notificationAgentIds ownerId departmentId accountId productId associatedSLAId webUrl
    createdBy createdTime:time modifiedBy modifiedTime:time
    account.accountName account.website product.productName sla.id sla.name department.name ${person("owner")}
  `),

  tasks: toColumns(`${activity} dueDate:time modifiedBy`),
  calls: toColumns(`${activity} direction duration:integer callId ${modifier}`),
  events: toColumns(`${activity} duration:integer ${modifier}`),

  // Zoho Desk OAS, Article.json
  articles: toColumns(`
    title permalink status permission locale summary answer webUrl portalUrl
    categoryId rootCategoryId departmentId authorId ownerId creatorId modifierId translationId
    category.name author.name author.email author.photoURL
    createdTime:time modifiedTime:time isTrashed:boolean isLocked:boolean
    likeCount:integer dislikeCount:integer viewCount:integer usageCount:integer feedbackCount:integer
    latestVersion latestVersionStatus latestPublishedVersion tags availableLocaleTranslations
  `),
};
