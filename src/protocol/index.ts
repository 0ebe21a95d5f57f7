export {
  Attachment,
  Access,
  ErrorShape,
  Grant,
  JsonRecord,
  JsonValue,
  Mode,
  ProviderData,
  Scope,
  Source,
  ToolOutput,
  Usage,
} from './values.ts';
export { addUsage, NO_USAGE } from './values.ts';
export {
  BlobId,
  CallId,
  CommandId,
  CompactionId,
  PartId,
  SessionId,
  SessionName,
  StepId,
  TurnId,
} from './ids.ts';
export {
  addReserved,
  addSpent,
  Budget,
  BudgetLimits,
  BudgetLine,
  BudgetScope,
  costOf,
  joinBudgets,
  Measure,
  MILLION,
  microUsd,
  mostCost,
  NOTHING_RESERVED,
  NOTHING_SPENT,
  outputWithin,
  Price,
  Spending,
  Spent,
} from './budget.ts';
export type { Reserved } from './budget.ts';
export { CarrelError, codeOf, ERRORS, fromErrorInfo, isErrorCode, toErrorInfo } from './errors.ts';
export type { ErrorCode, ErrorInfo, Retry } from './errors.ts';
export {
  CallStatus,
  CompactionFailure,
  EVENT_VERSION,
  EVENTS,
  eventSchema,
  FinishReason,
  Frame,
  isKnownEvent,
  Outcome,
  SessionEvent,
} from './events/index.ts';
export type { EventData, EventOf, EventType } from './events/index.ts';
export { Cursor, DeltaFrame, ViewItem } from './frames.ts';
export { ConsumerFilter, ConsumerPage, ConsumerRow } from './consumers.ts';
export { Notification, NotificationKind } from './notification.ts';
export { FollowItem, ListFrom, ListItem, SubtreeFrom } from './following.ts';
export { CommandReply, COMMANDS, MAX_INPUT_BYTES } from './commands.ts';
export type { Command, CommandOf, CommandType } from './commands.ts';
export { FollowFrom, InboxItem, isMethod, METHODS, SessionPage, TokenScope } from './methods.ts';
export type { Method, ParamsOf, ResultOf } from './methods.ts';
export { ContextKind, ContextPart, ContextReport, Instruction } from './context.ts';
export type { Link } from './link.ts';
export {
  Capabilities,
  CONNECTION_METHODS,
  fromRpcError,
  NOTIFICATIONS,
  PROTOCOL_VERSION,
  RpcError,
  RpcRequest,
  toRpcError,
} from './rpc.ts';
export type { ConnectionMethod, RpcId, RpcNotifications, RpcResponse } from './rpc.ts';
export type {
  CallPart,
  FilePart,
  Message,
  ReasoningPart,
  ResultPart,
  TextPart,
  ToolSpec,
} from './messages.ts';
export { EQUIPMENT_METHODS, ModelInfo, ToolInfo } from './equipment.ts';
export { Profile, ProfileChange, SessionLimits } from './profile.ts';
export { SessionSummary, Status } from './summary.ts';
export {
  AllowRule,
  ConfigFile,
  DaemonUse,
  GrantsFile,
  DaemonLimits,
  HostLimits,
  ModelConfig,
  ModelId,
  NotifyConfig,
  ProfileConfig,
  ProviderConfig,
  TelemetryConfig,
  ToolConfig,
  ProviderKind,
  ProviderName,
  TrustFile,
} from './config.ts';
