export type {
  AppendGroup,
  AppendResult,
  Claim,
  Consumer,
  ConsumerAck,
  DeliveredCommand,
  DueQuery,
  EventPage,
  FeedFilter,
  FeedPage,
  FeedQuery,
  Head,
  ListQuery,
  Moved,
  SessionPage,
  Snapshot,
  StatusCounts,
  Store,
  StoredCommand,
  StoreReader,
  TailChunk,
  TailPart,
} from './port.ts';
export { createMemoryStore } from './memory/store.ts';
export { memoryData, type MemoryData } from './memory/data.ts';
export { openSqliteReader } from './sqlite/reader.ts';
export { openSqliteStore } from './sqlite/store.ts';
export { homeHolder, inspectHome, type HomeState } from './sqlite/inspect.ts';
