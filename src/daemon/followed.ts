// What may be followed over a connection, each with its scope and its shape.
import {
  CarrelError,
  CONNECTION_METHODS,
  type ConnectionMethod,
  type FollowItem,
} from '../protocol/index.ts';
import type { Caller } from './caller.ts';
import { explain } from './message.ts';

export type Begin = (signal: AbortSignal) => AsyncIterator<readonly FollowItem[]>;

type Shapes = typeof CONNECTION_METHODS;

export function checked<M extends ConnectionMethod>(
  method: M,
  params: unknown,
): Shapes[M]['params']['_output'] {
  const result = CONNECTION_METHODS[method].params.safeParse(params ?? {});
  if (!result.success) throw new CarrelError('invalid_params', explain('params', result.error));
  return result.data;
}

const FOLLOWED: Readonly<Record<string, (caller: Caller, params: unknown) => Begin>> = {
  'session/follow': (caller, params) => {
    const { session, ...from } = checked('session/follow', params);
    caller.permit('observe', session, 'session/follow');
    return (signal) => caller.link.batches(session, from, { signal });
  },
  // A token for some sessions is for those alone, and not for what they spawn.
  'subtree/follow': (caller, params) => {
    const { session, ...from } = checked('subtree/follow', params);
    caller.permit('observe', undefined, 'subtree/follow');
    return (signal) => caller.link.subtreeBatches(session, from, { signal });
  },
  'list/follow': (caller, params) => {
    const from = checked('list/follow', params);
    caller.permit('observe', undefined, 'list/follow');
    return (signal) => caller.link.listBatches(from, { signal });
  },
};

/** Undefined for a method that begins nothing. Throws what the caller is refused for. */
export function followed(caller: Caller, method: string, params: unknown): Begin | undefined {
  return Object.hasOwn(FOLLOWED, method) ? FOLLOWED[method]?.(caller, params) : undefined;
}
