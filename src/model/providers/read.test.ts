import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../base/index.ts';
import { collect, contextOf, requestOf } from '../contract.ts';
import { providerModel } from './model.ts';

const chunk = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const REQUESTS = 5;
const ANSWER = `${chunk({ content: 'hello' }, null)}${chunk({}, 'stop')}data: [DONE]\n\n`;

/** A provider that has said everything, and ends the response only when told to. */
async function unfinished() {
  const open: ServerResponse[] = [];
  const connections = new Set<unknown>();
  const server = createServer((request, response) => {
    connections.add(request.socket);
    request.resume();
    open.push(response.writeHead(200, { 'content-type': 'text/event-stream' }));
    response.write(ANSWER);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const baseUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1`;
  const provider = { name: 'acme', kind: 'openai-compatible', baseUrl, apiKey: 'key' } as const;
  const model = providerModel(provider, 'm', { clock: systemClock });
  return { model, open, connections };
}

function last(responses: readonly ServerResponse[]): ServerResponse {
  const response = responses.at(-1);
  if (response === undefined) throw new Error('no request came');
  return response;
}

/** When the client has read a response to its end, and has its connection free. */
function clientSawEnd(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const channel = 'undici:request:trailers';
  const onEnd = (): void => {
    unsubscribe(channel, onEnd);
    setImmediate(resolve);
  };
  subscribe(channel, onEnd);
  return promise;
}

test('an answer is over with its last event, and its connection serves the next request', async () => {
  const { model, open, connections } = await unfinished();
  for (let request = 0; request < REQUESTS; request++) {
    const parts = await collect(model.stream(requestOf('hi'), contextOf()));
    expect(parts.at(-1)).toMatchObject({ type: 'finished', reason: 'stop' });
    const ended = clientSawEnd();
    last(open).end();
    await ended;
  }
  // The client may open a second one before it knows that the first is free.
  expect(connections.size).toBeLessThanOrEqual(2);
});

test('a reader who leaves in mid-answer closes the connection', async () => {
  const { model, open } = await unfinished();
  for await (const part of model.stream(requestOf('hi'), contextOf())) if (part.type === 'text') break;
  await once(last(open), 'close');
  expect(last(open).destroyed).toBe(true);
});

test('a response that goes on behind its end is closed', async () => {
  const { model, open } = await unfinished();
  await collect(model.stream(requestOf('hi'), contextOf()));
  last(open).write(': still here\n\n');
  await once(last(open), 'close');
  expect(last(open).destroyed).toBe(true);
});
