import type { JsonObject } from '../../base/index.ts';
import { oneLine } from '../../base/index.ts';

/** Arguments that say most about a call; the first one there stands for all. */
const TELLING = ['command', 'path', 'pattern', 'query', 'url', 'prompt', 'to'];
/** Characters of a call's line, for screens and logs. */
const LINE = 200;

/** One safe line for a call: `exec npm test`, `grep TODO`. */
export function callLine(tool: string, args: JsonObject): string {
  const telling = TELLING.map((name) => args[name]).find((value) => typeof value === 'string');
  const rest = Object.keys(args).length === 0 ? '' : JSON.stringify(args);
  return oneLine(`${tool} ${telling ?? rest}`, LINE);
}
