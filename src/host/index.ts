// Everything an embedding program needs, through one door: what a host is made of stands beside the host.
export { checkName } from './create.ts';
export { HOST_LIMITS, openHost } from './host.ts';
export { reportContext } from './context.ts';
export { readInbox } from './inbox.ts';
export { commandReceiver } from './notify/command.ts';
export { ntfyReceiver, webhookReceiver } from './notify/http.ts';
export type { Delivered, Receiver, ReceiverReport } from './notify/port.ts';
export { nearLink, type NearLink, type NearLinkOptions } from './link.ts';
export {
  checkList,
  type Asked,
  type Committed,
  type Equipment,
  type Fact,
  type ListCheck,
  type Observe,
} from '../runtime/index.ts';
export {
  createMemoryStore,
  openSqliteReader,
  openSqliteStore,
  type Store,
  type StoreReader,
} from '../store/index.ts';
export {
  createModels,
  scriptedModel,
  type Credentials,
  type Model,
  type Models,
  type ModelsOptions,
} from '../model/index.ts';
export {
  aiTools,
  builtinTools,
  createTools,
  workerTools,
  type AiTool,
  type AiToolsOptions,
  type Tool,
  type ToolContext,
  type ToolResult,
  type Tools,
  type WorkerTool,
  type WorkerTools,
  type WorkerToolsOptions,
} from '../tool/index.ts';
export { builtInProfiles, DEFAULT_SESSION_LIMITS } from '../config/index.ts';
export { renderMarkdown } from '../session/index.ts';
export { UI_STREAM_HEADER, uiChunks, type UiChunk, type UiStart } from '../session/index.ts';
export { systemClock, systemRandom, type Clock, type Random } from '../base/index.ts';
export { CarrelError, codeOf, ERRORS, type ErrorCode } from '../protocol/index.ts';
export type {
  Command,
  CommandReply,
  ContextReport,
  Cursor,
  InboxItem,
  Notification,
  Link,
  Profile,
  SessionEvent,
  SessionSummary,
  ViewItem,
} from '../protocol/index.ts';
export type {
  ContextPage,
  CreateOptions,
  Host,
  HostLimits,
  HostOptions,
  HostReport,
  SendOptions,
  SessionHandle,
} from './port.ts';
