// What travels, and which way, as an AsyncAPI document: the messages of a connection and the stream of events over HTTP.
import { z } from 'zod';
import {
  CONNECTION_METHODS,
  DeltaFrame,
  METHODS,
  NOTIFICATIONS,
  RpcError,
  SessionEvent,
} from '../../src/protocol/index.ts';
import { Components } from './components.ts';
import { CONNECTION_EXAMPLES, METHOD_EXAMPLES, NOTIFICATION_EXAMPLES, STREAM_EXAMPLES } from './examples.ts';
import type { Describe } from './markdown.ts';
import type { Schema } from './schemas.ts';

interface Row {
  readonly params: z.ZodType;
  readonly result: z.ZodType;
}

interface Example {
  readonly params: unknown;
  readonly result: unknown;
}

const ROWS: Readonly<Record<string, Row>> = { ...CONNECTION_METHODS, ...METHODS };
const EXAMPLES: Readonly<Record<string, Example>> = { ...CONNECTION_EXAMPLES, ...METHOD_EXAMPLES };
const id = z.union([z.string().max(128), z.int()]);
const jsonrpc = z.literal('2.0');

/** One that the connection carries. */
interface Message {
  readonly name: string;
  readonly summary?: string;
  readonly payload: Schema;
  readonly examples: readonly { readonly payload: unknown }[];
}

export function asyncApi(version: string, describe: Describe): object {
  const components = new Components();
  const messages = [
    ...Object.keys(ROWS).flatMap((name) => callMessages(name, components, describe)),
    refused(components),
  ];
  const told = Object.entries(NOTIFICATIONS).map(([name, params]) =>
    notification(name, params, { components, describe }),
  );
  const streamed = streamMessages(components);
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Carrel',
      version,
      description: 'How a daemon and its clients talk. Sends and receives are those of the daemon.',
      license: { name: 'MIT' },
    },
    servers: {
      webSocket: { host: '127.0.0.1:4680', protocol: 'ws', description: 'The daemon of this machine.' },
      http: { host: '127.0.0.1:4680', protocol: 'http', description: 'The daemon of this machine.' },
    },
    channels: {
      connection: {
        address: '/rpc',
        description: 'JSON-RPC 2.0, one message a text frame. The local socket carries the same, one a line.',
        servers: [{ $ref: '#/servers/webSocket' }],
        messages: referencesTo([...messages, ...told]),
      },
      events: {
        address: '/sessions/{session}/events',
        description: 'Server-sent events; `id` is the place behind an event, for `Last-Event-ID`.',
        parameters: { session: { description: 'The id of a session.' } },
        servers: [{ $ref: '#/servers/http' }],
        messages: referencesTo(streamed),
      },
    },
    operations: operations(told, streamed),
    components: {
      messages: Object.fromEntries(
        [...messages, ...told, ...streamed].map((message) => [keyOf(message.name), message]),
      ),
      schemas: components.all,
    },
  };
}

/** Keys are letters, digits, `.`, `-` and `_` only. */
function keyOf(name: string): string {
  return name.replaceAll('/', '.');
}

function referencesTo(messages: readonly Message[]): object {
  return Object.fromEntries(
    messages.map(({ name }) => [keyOf(name), { $ref: `#/components/messages/${keyOf(name)}` }]),
  );
}

function callMessages(name: string, components: Components, describe: Describe): readonly Message[] {
  const [row, example] = [ROWS[name], EXAMPLES[name]];
  if (row === undefined || example === undefined)
    throw new Error(`${name} has no example: add one in scripts/generate/examples.ts`);
  const asked = z.strictObject({ jsonrpc, id: id.optional(), method: z.literal(name), params: row.params });
  const answered = z.object({ jsonrpc, id, result: row.result });
  const summary = describe(name);
  return [
    {
      name,
      ...(summary === undefined ? {} : { summary }),
      payload: components.of(asked),
      examples: [{ payload: { jsonrpc: '2.0', id: 1, method: name, params: example.params } }],
    },
    {
      name: `${name}.reply`,
      payload: components.of(answered),
      examples: [{ payload: { jsonrpc: '2.0', id: 1, result: example.result } }],
    },
  ];
}

function refused(components: Components): Message {
  const error = { code: -32_001, message: 'There is no session ses_x.', data: { code: 'not_found' } };
  return {
    name: 'error',
    summary: 'The answer to any request that was refused; with `id` null, why the connection is closed.',
    payload: components.of(z.object({ jsonrpc, id: id.nullable(), error: RpcError })),
    examples: [{ payload: { jsonrpc: '2.0', id: 1, error } }],
  };
}

interface Making {
  readonly components: Components;
  readonly describe: Describe;
}

function notification(name: string, params: z.ZodType, { components, describe }: Making): Message {
  const summary = describe(name);
  const example: unknown = NOTIFICATION_EXAMPLES[name as keyof typeof NOTIFICATION_EXAMPLES];
  return {
    name,
    ...(summary === undefined ? {} : { summary }),
    payload: components.of(z.object({ jsonrpc, method: z.literal(name), params })),
    examples: [{ payload: { jsonrpc: '2.0', method: name, params: example } }],
  };
}

function streamMessages(components: Components): readonly Message[] {
  return [
    { name: 'event', payload: components.of(SessionEvent), examples: [{ payload: STREAM_EXAMPLES.event }] },
    { name: 'frame', payload: components.of(DeltaFrame), examples: [{ payload: STREAM_EXAMPLES.frame }] },
  ];
}

/** Of the daemon: it receives requests and sends their replies; it sends the rest without being asked. */
function operations(told: readonly Message[], streamed: readonly Message[]): object {
  const channel = { $ref: '#/channels/connection' };
  const messageIn = (where: string, name: string): object => ({
    $ref: `#/channels/${where}/messages/${keyOf(name)}`,
  });
  const calls = Object.keys(ROWS).map((name) => [
    keyOf(name),
    {
      action: 'receive',
      channel,
      messages: [messageIn('connection', name)],
      reply: {
        channel,
        messages: [messageIn('connection', `${name}.reply`), messageIn('connection', 'error')],
      },
    },
  ]);
  const sends = told.map(({ name }) => [
    keyOf(name),
    { action: 'send', channel, messages: [messageIn('connection', name)] },
  ]);
  const stream = {
    action: 'send',
    channel: { $ref: '#/channels/events' },
    messages: streamed.map(({ name }) => messageIn('events', name)),
  };
  return { ...Object.fromEntries([...calls, ...sends]), 'session.events.stream': stream } as object;
}
