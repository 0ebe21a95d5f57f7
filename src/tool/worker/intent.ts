import type { Json, JsonObject } from '../../base/index.ts';
import type { ToolIntent } from '../port.ts';
import type { Declared } from './port.ts';

/** What a call would do: the tool's template, filled with the arguments. Runs nothing of the tool. */
export function intentOf({ name, intent = {} }: Declared, args: JsonObject): ToolIntent {
  const { summary, paths = [], command } = intent;
  const line = command === undefined ? undefined : args[command];
  return {
    summary: summary === undefined ? `${name} ${JSON.stringify(args)}` : filled(summary, args),
    paths: paths.flatMap((key) => textsIn(args[key])),
    ...(typeof line === 'string' ? { command: line } : {}),
  };
}

/** In one pass: a value that holds `{name}` itself stays as it is. */
function filled(template: string, args: JsonObject): string {
  return template.replace(/\{(\w+)\}/g, (_match, key: string) => {
    const value = Object.hasOwn(args, key) ? args[key] : undefined;
    return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  });
}

function textsIn(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.flatMap(textsIn) : [];
}
