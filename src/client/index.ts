// A host to call and to follow, near or far, from a program or a browser: nothing here is Node's.
export { Client, type ClientOptions } from './client.ts';
export { ClientConsumer, type ConsumeOptions } from './consumer.ts';
export { signWebhook, verifyWebhook, type Webhook } from './webhook.ts';
export { connectWebSocket, type WebSocketOptions } from './connect.ts';
export { ClientSession, type CommandBody, type SendOptions, type Sent } from './session.ts';
export { openRemoteLink, type RemoteOptions } from './remote/link.ts';
export type { WebSocketClass, WebSocketLike } from './remote/web-socket.ts';
export { unavailable, type Destination, type OpenWire, type Wire, type WireEvents } from './remote/wire.ts';
export { UI_STREAM_HEADER, uiChunks, type UiChunk, type UiStart } from '../session/index.ts';
export { CarrelError, codeOf, ERRORS, type ErrorCode } from '../protocol/index.ts';
export type {
  CommandReply,
  ConsumerPage,
  ConsumerRow,
  Cursor,
  InboxItem,
  Link,
  ListItem,
  Notification,
  SessionEvent,
  SessionSummary,
  ViewItem,
} from '../protocol/index.ts';
