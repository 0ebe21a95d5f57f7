// The event streams of HTTP: where each one begins, and what it needs.
import type { Context } from 'hono';
import type { Caller } from './caller.ts';
import { eventStream, type StreamOptions } from './event-stream.ts';
import type { Shared } from './shared.ts';
import { listId, listPlace, sessionId, sessionPlace, subtreeId, subtreePlace } from './stream-place.ts';

type Open = (shared: Shared, c: Context, caller: Caller) => Promise<Response>;

const session: Open = async (shared, c, caller) => {
  const id = c.req.param('session') ?? '';
  const from = await sessionPlace(caller, id, placeIn(c));
  const begin: StreamOptions['begin'] = (signal) => caller.link.batches(id, from, { signal });
  return opened(c, { shared, caller, begin, idOf: sessionId });
};

const subtree: Open = async (shared, c, caller) => {
  const id = c.req.param('session') ?? '';
  caller.permit('observe', undefined, 'GET events');
  await caller.call('session/get', { session: id });
  const from = subtreePlace(id, placeIn(c));
  const begin: StreamOptions['begin'] = (signal) => caller.link.subtreeBatches(id, from, { signal });
  return opened(c, { shared, caller, begin, idOf: subtreeId(id, from) });
};

const list: Open = (shared, c, caller) => {
  caller.permit('observe', undefined, 'GET events');
  const from = listPlace(placeIn(c));
  const begin: StreamOptions['begin'] = (signal) => caller.link.listBatches(from, { signal });
  return Promise.resolve(opened(c, { shared, caller, begin, idOf: listId }));
};

export const streams = { session, subtree, list } as const;

/** What a reader that comes back has from the last `id`; or what one that begins chose. */
function placeIn(c: Context): string | undefined {
  return c.req.header('last-event-id') ?? c.req.query('after');
}

function opened(c: Context, options: StreamOptions): Response {
  return c.body(eventStream(options), 200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-cache, no-transform',
  });
}
