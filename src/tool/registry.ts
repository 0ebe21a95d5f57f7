import { CarrelError } from '../protocol/index.ts';
import type { Tool, Tools } from './port.ts';

/** What every provider accepts as the name of a function. */
const LEGAL_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * The tools of one host, in the order given. Refuses an illegal name (`invalid_params`) and one that is taken
 * (`already_exists`). A tool whose schema is bad is listed all the same: its calls answer with what is wrong, so that
 * one foreign tool cannot keep a host from starting.
 */
export function createTools(tools: readonly Tool[]): Tools {
  const byName = new Map<string, Tool>();
  for (const tool of tools) {
    if (!LEGAL_NAME.test(tool.name)) throw illegalName(tool.name);
    if (byName.has(tool.name)) throw takenName(tool.name);
    byName.set(tool.name, tool);
  }
  const list = Object.freeze([...byName.values()]);
  return { get: (name) => byName.get(name), list: () => list };
}

function illegalName(name: string): CarrelError {
  const message = `tool name ${JSON.stringify(name.slice(0, 80))} is illegal: use 1 to 64 of letters, digits, "-" and "_"`;
  return new CarrelError('invalid_params', message);
}

function takenName(name: string): CarrelError {
  return new CarrelError(
    'already_exists',
    `there are two tools named "${name}": rename or leave out one of them`,
  );
}
