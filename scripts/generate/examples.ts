// One example for each method and message of the protocol: what the published specifications show, and what their tests check.
import type {
  CommandReply,
  ConnectionMethod,
  ConsumerRow,
  Cursor,
  DeltaFrame,
  Method,
  ParamsOf,
  ResultOf,
  RpcNotifications,
  SessionEvent,
  SessionSummary,
} from '../../src/protocol/index.ts';
import { EQUIPMENT_EXAMPLES, type Example } from './equipment-examples.ts';

const session = 'ses_01jcv8m2k4qzt6x9w3n5p7r1a0';
const call = 'cal_4_0';
const turn = 'trn_2';
const by = { kind: 'user' } as const;
const one = { session };

const row: SessionSummary = {
  session,
  owner: 'local',
  name: 'desk',
  folder: '/home/ada/project',
  status: 'idle',
  profile: 'default',
  model: 'local/qwen3',
  mode: 'ask',
  tags: { ticket: '42' },
  createdAt: 1_764_000_000_000,
  updatedAt: 1_764_000_004_200,
  seq: 9,
  turns: 1,
  messages: 2,
  queued: 0,
  held: 0,
  waiting: 0,
  usage: { input: 120, output: 9 },
  open: false,
};
const reply: CommandReply = { session, seq: 5, turn };
const cursor: Cursor = { seq: 9, hash: '0123456789abcdef' };
const consumer: ConsumerRow = {
  name: 'mirror',
  filter: { types: ['turn.finished'] },
  place: 40,
  head: 42,
  createdAt: 1_764_000_000_000,
};
const event: SessionEvent = {
  session,
  seq: 8,
  at: 1_764_000_004_100,
  v: 1,
  type: 'text.ended',
  turn,
  step: 'stp_4',
  data: { part: 'prt_4_0', text: 'Hello.' },
};
const frame: DeltaFrame = {
  type: 'delta',
  session,
  seq: 7,
  step: 'stp_4',
  part: 'prt_4_0',
  kind: 'text',
  offset: 0,
  text: 'Hel',
};

export const METHOD_EXAMPLES: { readonly [M in Method]: Example<ParamsOf<M>, ResultOf<M>> } = {
  'session/create': {
    params: { folder: '/home/ada/project', name: 'desk', tags: { ticket: '42' }, key: 'ticket-42' },
    result: row,
  },
  'session/list': {
    params: { limit: 50, status: ['waiting', 'idle'], tags: { ticket: '42' } },
    result: { sessions: [row], hidden: 0 },
  },
  'session/get': { params: one, result: row },
  'session/children': { params: one, result: [] },
  'session/events': { params: { session, after: 7, limit: 100 }, result: [event] },
  'session/cursor': { params: one, result: cursor },
  'context/get': {
    params: { session, limit: 1 },
    result: {
      session,
      seq: 9,
      model: 'local/qwen3',
      window: 32_768,
      reserve: 6_553,
      budget: 26_215,
      used: 128,
      remaining: 26_087,
      correction: 1.1,
      compaction: { state: 'on', undoable: 0 },
      kinds: {
        prompt: { parts: 1, tokens: 90 },
        user: { parts: 1, tokens: 12 },
        text: { parts: 1, tokens: 26 },
      },
      left: { parts: 0, tokens: 0 },
      parts: [
        { kind: 'prompt', name: 'You are an agent.', tokens: 90, inContext: true },
        { kind: 'text', name: 'Hello.', tokens: 26, inContext: true, seq: 5 },
      ],
      before: 5,
    },
  },
  'session/erase': { params: one, result: { head: '0123456789abcdef' } },
  'session/credentials': { params: { session, provider: 'openai', apiKey: 'sk-…' }, result: {} },
  'inbox/list': {
    params: {},
    result: [
      {
        session,
        name: 'desk',
        folder: '/home/ada/project',
        lineage: [],
        call,
        tool: 'write',
        summary: 'write notes.txt',
        why: 'the mode asks before it writes',
        requestedAt: 1_764_000_004_000,
        expiresAt: 1_764_604_804_000,
      },
    ],
  },
  'consumer/create': { params: { name: 'mirror', filter: { types: ['turn.finished'] } }, result: consumer },
  'consumer/list': { params: {}, result: [consumer] },
  'consumer/read': {
    params: { name: 'mirror', limit: 100, waitMs: 5_000 },
    result: { events: [{ place: 42, event }], place: 42, head: 42 },
  },
  'consumer/ack': { params: { name: 'mirror', place: 42 }, result: { ...consumer, place: 42 } },
  'consumer/delete': { params: { name: 'mirror' }, result: { deleted: true } },
  'host/inspect': { params: {}, result: { live: 1, viewers: 2 } },
  ...EQUIPMENT_EXAMPLES,
  'input/send': {
    params: { session, id: 'cmd_hello', text: 'Hello', source: by, delivery: 'queue' },
    result: reply,
  },
  'input/withdraw': { params: { session, command: 'cmd_hello' }, result: reply },
  'turn/cancel': { params: { session, by, turn, reason: 'enough' }, result: reply },
  'turn/continue': { params: { session, by }, result: reply },
  'approval/resolve': {
    params: { session, call, decision: 'allow', scope: 'once', by },
    result: { ...reply, call },
  },
  'context/add': { params: { session, text: 'Today is a holiday.', role: 'note' }, result: reply },
  'context/compact': { params: { session, by }, result: { session, seq: 10 } },
  'context/uncompact': { params: { session, by }, result: { session, seq: 12 } },
  'budget/raise': { params: { session, scope: 'session', measure: 'usd', to: 2, by }, result: reply },
  'session/rename': { params: { session, name: 'bench' }, result: reply },
  'session/tag': { params: { session, tags: { ticket: '43' } }, result: reply },
  'session/configure': { params: { session, change: { mode: 'edits' } }, result: reply },
  'session/archive': { params: one, result: reply },
  'session/restore': { params: one, result: reply },
  'session/revive': { params: one, result: reply },
};

const subscription = 'sub_1';

export const CONNECTION_EXAMPLES: Readonly<Record<ConnectionMethod, Example<object, object>>> = {
  'connection/open': {
    params: { protocol: 1, token: 'crl_…', client: { name: 'bot', version: '1.0.0' } },
    result: {
      protocol: 1,
      server: { name: 'carrel', version: '0.1.0', pid: 4242 },
      identity: { name: 'bot', scopes: ['observe', 'prompt'] },
    },
  },
  'connection/ping': { params: {}, result: {} },
  'session/follow': { params: { session, after: 7 }, result: { subscription } },
  'subtree/follow': { params: { session, places: { [session]: { after: 7 } } }, result: { subscription } },
  'list/follow': { params: { place: 42 }, result: { subscription } },
  'follow/stop': { params: { subscription }, result: {} },
};

export const NOTIFICATION_EXAMPLES: RpcNotifications = {
  'call/alive': { calls: [7] },
  'follow/items': { subscription, items: [frame, event] },
  'follow/ended': {
    subscription,
    error: { code: -32_018, message: 'the daemon is stopping', data: { code: 'host_unavailable' } },
  },
};

export const STREAM_EXAMPLES = { event, frame } as const;
