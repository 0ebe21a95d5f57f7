export type { AppendGroup, AppendResult, Claim, DeliveredCommand, EventPage, Head, ListQuery, SessionPage, Snapshot, Store, StoredCommand, StoreReader, TailChunk, TailPart } from './port.ts';
