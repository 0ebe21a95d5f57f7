// A call whose answer was lost with the connection is asked again on the next one, because asking twice does what asking once does:
// reads change nothing, commands have an id, and creates have a key.
import type { Method } from '../../protocol/index.ts';
import { COMMANDS } from '../../protocol/index.ts';

/** The second time would be refused, whatever the first one did. */
const ONCE: ReadonlySet<Method> = new Set(['session/erase']);

export function mayRepeat(method: Method): boolean {
  return !ONCE.has(method);
}

/** The parameters with what makes them safe to repeat, made by `fresh` from a prefix where it was left out. */
export function repeatable(method: Method, params: object, fresh: (prefix: string) => string): object {
  if (method === 'session/create') return { ...params, key: given(params, 'key') ?? fresh('key') };
  if (Object.hasOwn(COMMANDS, method)) return { ...params, id: given(params, 'id') ?? fresh('cmd') };
  return params;
}

function given(params: object, name: string): unknown {
  return (params as Readonly<Record<string, unknown>>)[name];
}
