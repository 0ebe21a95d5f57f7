// How calls travel: JSON-RPC 2.0, one message a WebSocket text frame, a line of a local socket, or the body of `POST /rpc`.
import { z } from 'zod';
import type { ErrorInfo } from './errors.ts';
import { ERRORS, isErrorCode } from './errors.ts';
import { FollowItem, ListFrom, SubtreeFrom } from './following.ts';
import { SessionId } from './ids.ts';
import { FollowFrom, TokenScope } from './methods.ts';

/** Raised when an older client would misunderstand what is sent; a host serves one version and says which. */
export const PROTOCOL_VERSION = 1;

const RpcId = z.union([z.string().max(128), z.int()]);
export type RpcId = z.infer<typeof RpcId>;

/** A request has an id; what has none is a notification, and is answered by nothing. */
export const RpcRequest = z.strictObject({
  jsonrpc: z.literal('2.0'),
  id: RpcId.optional(),
  method: z.string().min(1).max(64),
  params: z.record(z.string(), z.json()).optional(),
});
export type RpcRequest = z.infer<typeof RpcRequest>;

export interface RpcError {
  /** The number of `ERRORS`, for clients that know nothing else. */
  readonly code: number;
  readonly message: string;
  /** `code` is the identity of the error. */
  readonly data?: { readonly code: ErrorInfo['code'] } & ErrorInfo['data'];
}

export const RpcError = z.custom<RpcError>((value) => typeof value === 'object' && value !== null);

export type RpcResponse =
  | { readonly jsonrpc: '2.0'; readonly id: RpcId; readonly result: unknown }
  | { readonly jsonrpc: '2.0'; readonly id: RpcId | null; readonly error: RpcError };

/** What this host can do, for clients that are older or newer; what they do not know they skip. */
export const Capabilities = z.object({
  /** Every method that may be called, those of the connection as well; the scope decides about each. */
  methods: z.array(z.string()).readonly(),
  /** What there is beside methods. */
  features: z.array(z.string()).readonly(),
  /** Bounds of this connection, and of this identity on all of its connections. */
  limits: z.record(z.string(), z.number()),
});
export type Capabilities = z.infer<typeof Capabilities>;

/** Calls about the connection itself. On a socket that only its owner may open, `connection/open` needs no token. */
export const CONNECTION_METHODS = {
  /** The first call of every connection; any other before it is `unauthorized`. */
  'connection/open': {
    params: z.strictObject({
      protocol: z.int().positive(),
      token: z.string().max(256).optional(),
      client: z.strictObject({ name: z.string().max(64), version: z.string().max(64) }).optional(),
      /** It will say something, if only `connection/ping`, at least every 30 s: 45 s of silence mean that it is gone. */
      beats: z.literal(true).optional(),
    }),
    result: z.object({
      protocol: z.int().positive(),
      server: z.object({ name: z.string(), version: z.string(), pid: z.int() }),
      identity: z.object({ name: z.string(), scopes: z.array(TokenScope) }),
      capabilities: Capabilities.optional(),
    }),
  },
  /** Changes nothing: its answer shows that the other side is there. */
  'connection/ping': { params: z.strictObject({}), result: z.object({}) },
  /** Begins a subscription: `follow/items` come from then on, and `follow/ended` at last. */
  'session/follow': {
    params: FollowFrom.extend({ session: SessionId }),
    result: z.object({ subscription: z.string() }),
  },
  /** The same of a session and all that it spawned, now or later: each item names its session. */
  'subtree/follow': {
    params: SubtreeFrom.extend({ session: SessionId }),
    result: z.object({ subscription: z.string() }),
  },
  /** The same of the list of sessions: its rows, and those that change. */
  'list/follow': { params: ListFrom.extend({}), result: z.object({ subscription: z.string() }) },
  'follow/stop': { params: z.strictObject({ subscription: z.string() }), result: z.object({}) },
} as const;

export type ConnectionMethod = keyof typeof CONNECTION_METHODS;

/** What a host sends without being asked. */
export const NOTIFICATIONS = {
  /** These calls are at work still: comes at least every 8 s while there are any. `POST /rpc` sends white space instead. */
  'call/alive': z.object({ calls: z.array(RpcId).readonly() }),
  /** What there is to see: history first, then live, each event once and in order. */
  'follow/items': z.object({ subscription: z.string(), items: z.array(FollowItem).readonly() }),
  /**
   * Nothing more comes: the session was erased, or the reader asked for it. With an `error` for any other reason; one to be repeated
   * later says that the reader may follow again from its place.
   */
  'follow/ended': z.object({ subscription: z.string(), error: RpcError.optional() }),
} as const;

export type RpcNotifications = {
  readonly [K in keyof typeof NOTIFICATIONS]: z.infer<(typeof NOTIFICATIONS)[K]>;
};

export function toRpcError({ code, message, data }: ErrorInfo): RpcError {
  return { code: ERRORS[code].rpc, message, data: { ...data, code } };
}

/** Of anything that a host answered: one whose code is not known is `internal`. */
export function fromRpcError({ message, data }: RpcError): ErrorInfo {
  const { code, ...rest } = data ?? { code: 'internal' };
  return { code: isErrorCode(code) ? code : 'internal', message, data: rest };
}
