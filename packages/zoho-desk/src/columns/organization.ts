import { toColumns } from "./words.ts";

const audit = "createdBy createdTime:time modifiedBy modifiedTime:time";

/** Columns of the organization and how it is set up, but for custom fields. Where the key is composed, the record's own id is a column. */
export const organizationColumns = {
  // Zoho Desk OAS, Organization.json
  organizations: toColumns(`
    companyName portalName alias portalURL edition timeZone currencyCode currencySymbol currencyLocale description employeeCount
    phoneNumber mobile fax website primaryContact street city state country zip logoURL faviconURL
    isDefault:boolean isAdminInOrg:boolean isSandboxPortal:boolean isPayloadEncryptionEnabled:boolean
  `),

  // Zoho Desk OAS, Department.json
  departments: toColumns(`
    name nameInCustomerPortal sanitizedName description chatStatus creatorId createdTime:time
    isEnabled:boolean isDefault:boolean isVisibleInCustomerPortal:boolean isAssignToTeamEnabled:boolean hasLogo:boolean
    associatedAgentIds
  `),

  // `agentResponse`, Zoho Desk OAS, Agent.json
  agents: toColumns(`
    zuid name firstName lastName emailId phone mobile extn photoURL roleId profileId rolePermissionType status
    isConfirmed:boolean isZiaAgent:boolean associatedDepartmentIds associatedChatDepartmentIds channelExpert
    aboutInfo countryCode langCode timeZone
  `),

  // Zoho Desk OAS, Team.json
  teams: toColumns("name description departmentId roles rolesWithSubordinates subTeams agents derivedAgents logoUrl"),
  team_members: toColumns("id name firstName lastName emailId photoURL roleId profileId status profile role"),

  // Zoho Desk OAS, Role.json, Profile.json
  roles: toColumns(`
    name description reportsTo shareDataWithPeers:boolean isDefault:boolean isVisible:boolean immediateSubRoles
  `),
  profiles: toColumns(
    "name type description isVisible:boolean default:boolean modifiedBy modifiedTime:time permissions",
  ),

  // Zoho Desk OAS, Channel.json
  channels: toColumns(`
    code name appName type departmentId externalId mappedIntegration photoURL acceptsReplies:boolean
    replyConfig.updateRecords:boolean replyConfig.acceptsAttachments:boolean replyConfig.contentTypes
    replyConfig.includeQuotedMessage:boolean
  `),

  // Zoho Desk OAS, Field.json
  organization_fields: toColumns(`
    id apiName displayLabel i18NLabel name type maxLength:integer isMandatory:boolean isCustomField:boolean isEncryptedField:boolean
    showToHelpCenter:boolean toolTip toolTipType allowedValues sourceType ${audit}
  `),

  // Zoho Desk OAS, Layout.json
  layouts: toColumns(`
    layoutName layoutDisplayName layoutDesc module departmentId isDefaultLayout:boolean isStandardLayout:boolean status
    hasLogo:boolean createdTime:time modifiedTime:time
  `),

  // Zoho Desk OAS, HolidayList.json, BusinessHour.json, Skill.json
  holiday_lists: toColumns(`name status year:integer holidayListType associatedBusinessHours holidays ${audit}`),
  business_hours: toColumns(`name status type timeZone businessTimes associatedHolidayList ${audit}`),
  skills: toColumns(`
    name description status orderId:integer criteria agentIds skillTypeId skillType departmentId ${audit}
  `),
};
