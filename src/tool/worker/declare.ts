import { isJsonObject } from '../../base/index.ts';
import type { Declared, WorkerTool } from './port.ts';

/** What a field must be. */
const FIELDS: Readonly<Record<string, readonly [must: string, is: (value: unknown) => boolean]>> = {
  name: ['1 to 64 of letters, digits, "-" and "_"', (value) => /^[A-Za-z0-9_-]{1,64}$/.test(String(value))],
  description: ['a text that is not empty', (value) => isText(value) && value !== ''],
  parameters: ['a JSON Schema of an object', isJsonObject],
  access: ['"read", "write" or "execute"', (value) => ['read', 'write', 'execute'].includes(String(value))],
  run: ['a function', (value) => typeof value === 'function'],
  idempotent: ['true or false', optional((value) => typeof value === 'boolean')],
  parallel: ['true or false', optional((value) => typeof value === 'boolean')],
  timeoutMs: [
    'a whole number of ms above 0',
    optional((value) => Number.isInteger(value) && Number(value) > 0),
  ],
  intent: ['{ summary?, paths?, command? } of texts', optional(isTemplate)],
};

export interface Exported {
  readonly tools: readonly WorkerTool[];
  /** What is exported and is no tool, and why. */
  readonly problems: readonly string[];
}

/** The tools among the exports of a module: each export is one, or a list of them. Two of one name: the first counts. */
export function toolsOf(exported: Readonly<Record<string, unknown>>): Exported {
  const tools = new Map<string, WorkerTool>();
  const problems: string[] = [];
  for (const [name, value] of Object.entries(exported)) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      const problem = problemOf(item);
      if (problem !== undefined) problems.push(`export "${name}" is no tool: ${problem}`);
      else if (tools.has((item as WorkerTool).name))
        problems.push(`export "${name}": there are two tools named "${(item as WorkerTool).name}"`);
      else tools.set((item as WorkerTool).name, item as WorkerTool);
    }
  }
  if (tools.size === 0 && problems.length === 0) problems.push('it exports no tool');
  return { tools: [...tools.values()], problems };
}

/** The tool without its code, as data that can leave the thread; throws when its schema is no JSON. */
export function declarationOf({ run: _run, ...tool }: WorkerTool): Declared {
  return JSON.parse(JSON.stringify(tool)) as Declared;
}

function problemOf(value: unknown): string | undefined {
  if (!isJsonObject(value)) return 'it is no object';
  const wrong = Object.entries(FIELDS).find(([field, [, is]]) => !is(value[field]));
  if (wrong !== undefined) return `its ${wrong[0]} must be ${wrong[1][0]}`;
  try {
    declarationOf(value as unknown as WorkerTool);
    return undefined;
  } catch (error) {
    return `it is not plain data (${String(error)})`;
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function optional(is: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => value === undefined || is(value);
}

function isTemplate(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const { summary, paths, command } = value;
  return (
    optional(isText)(summary) &&
    optional(isText)(command) &&
    (paths === undefined || (Array.isArray(paths) && paths.every(isText)))
  );
}
