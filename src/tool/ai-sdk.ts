// Tools as the AI SDK defines them, taken as they are: told apart by their shape alone, because that SDK is a friend and no dependency.
import { z } from 'zod';
import { isJsonObject, type JsonObject } from '../base/index.ts';
import { CarrelError, toErrorInfo, type Access } from '../protocol/index.ts';
import type { Tool, ToolContext, ToolResult } from './port.ts';

/** What `tool({ … })` makes, as far as it is used here. */
export interface AiTool {
  readonly description?: unknown;
  /** Zod, `jsonSchema(…)`, or any schema of the common standard. */
  readonly inputSchema?: unknown;
  readonly execute?: unknown;
  readonly needsApproval?: unknown;
  readonly toModelOutput?: unknown;
}

export interface AiToolsOptions {
  /** What each can do at most; default `execute`, which is asked for in every mode but `full`. */
  readonly access?: Readonly<Record<string, Access>>;
}

/**
 * Tools of Carrel by the names of the object. Each call's input is checked by the tool's own schema, with its defaults and transforms.
 * `needsApproval` asks a human in every mode; where it is a function, always, because nobody is asked before the question stands. Results
 * that come as an iterable are shown as they come, and the last one counts. `invalid_params` for a tool without `execute` or without a
 * schema of an object.
 */
export async function aiTools(
  tools: Readonly<Record<string, AiTool>>,
  { access = {} }: AiToolsOptions = {},
): Promise<readonly Tool[]> {
  return Promise.all(
    Object.entries(tools).map(([name, definition]) => toolOf(name, definition, access[name] ?? 'execute')),
  );
}

async function toolOf(name: string, definition: AiTool, access: Access): Promise<Tool> {
  const { description, execute, needsApproval } = definition;
  if (typeof execute !== 'function')
    throw new CarrelError('invalid_params', `The tool ${name} has no execute: give it one, or leave it out.`);
  const schema = inputOf(name, definition);
  const isFree = needsApproval === false || needsApproval === undefined;
  const asks = isFree ? {} : ({ asks: true } as const);
  return {
    name,
    description: typeof description === 'string' ? description : '',
    parameters: await parametersOf(name, schema),
    access,
    idempotent: false,
    parallel: access === 'read',
    ...asks,
    intent: (args) => ({ summary: `${name} ${JSON.stringify(args)}`, paths: [] }),
    run: (args, context) => run({ definition, schema, execute: execute as Execute }, args, context),
  };
}

type Execute = (input: unknown, options: object) => unknown;

interface Runnable {
  readonly definition: AiTool;
  readonly schema: InputSchema;
  readonly execute: Execute;
}

async function run(
  { definition, schema, execute }: Runnable,
  args: JsonObject,
  { call, signal, progress }: ToolContext,
): Promise<ToolResult> {
  try {
    const input = await validated(schema, args);
    const options = { toolCallId: call, messages: [], abortSignal: signal, context: {} };
    const output = await lastOf(await execute.call(definition, input, options), progress);
    return await shown(definition, { toolCallId: call, input, output });
  } catch (error) {
    const { code, message, data } = toErrorInfo(error);
    const info = {
      code: code === 'internal' ? 'tool_failed' : code,
      message,
      ...(data && { data }),
    } as const;
    return { ok: false, text: message, error: info, retryable: false };
  }
}

async function lastOf(output: unknown, progress: (text: string) => void): Promise<unknown> {
  if (typeof output !== 'object' || output === null || !(Symbol.asyncIterator in output)) return output;
  let last: unknown;
  for await (const piece of output as AsyncIterable<unknown>) {
    last = piece;
    progress(textOf(piece));
  }
  return last;
}

interface Given {
  readonly toolCallId: string;
  readonly input: unknown;
  readonly output: unknown;
}

const ModelOutput = z.union([
  z.looseObject({ type: z.enum(['text', 'error-text']), value: z.string() }),
  z.looseObject({ type: z.enum(['json', 'error-json']), value: z.json() }),
  z.looseObject({
    type: z.literal('content'),
    value: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
  }),
]);

async function shown({ toModelOutput }: AiTool, given: Given): Promise<ToolResult> {
  if (typeof toModelOutput !== 'function') return { ok: true, text: textOf(given.output) };
  const { type, value } = ModelOutput.parse(await (toModelOutput as (given: Given) => unknown)(given));
  const text =
    type === 'content' ? value.map((part) => part.text ?? `[${part.type}]`).join('\n') : textOf(value);
  if (!type.startsWith('error')) return { ok: true, text };
  return { ok: false, text, error: { code: 'tool_failed', message: text }, retryable: false };
}

function textOf(output: unknown): string {
  return typeof output === 'string' ? output : (JSON.stringify(output) ?? '');
}

/** Of `jsonSchema(…)`: `jsonSchema` and perhaps `validate`; of the common standard: `~standard`. */
interface InputSchema {
  readonly jsonSchema?: object | PromiseLike<unknown>;
  readonly validate?: (value: unknown) => unknown;
  readonly '~standard'?: {
    readonly validate: (value: unknown) => unknown;
    readonly jsonSchema?: { readonly input: (options: { readonly target: string }) => unknown };
  };
}

function inputOf(name: string, { inputSchema }: AiTool): InputSchema {
  const schema: unknown =
    typeof inputSchema === 'function' && !('~standard' in inputSchema)
      ? (inputSchema as () => unknown)()
      : inputSchema;
  if (schema !== null && (typeof schema === 'object' || typeof schema === 'function')) return schema;
  throw new CarrelError('invalid_params', `The tool ${name} has no inputSchema: give it one.`);
}

async function parametersOf(name: string, schema: InputSchema): Promise<JsonObject> {
  const { jsonSchema, '~standard': standard } = schema;
  const found: unknown =
    jsonSchema === undefined ? standard?.jsonSchema?.input({ target: 'draft-2020-12' }) : await jsonSchema;
  if (isJsonObject(found)) {
    const { $schema: _, ...parameters } = found;
    return parameters;
  }
  const message = `The inputSchema of the tool ${name} gives no JSON Schema: use Zod 4, jsonSchema(…), or a schema of Standard JSON Schema.`;
  throw new CarrelError('invalid_params', message);
}

const Verdict = z.union([
  z.looseObject({ success: z.literal(true), value: z.unknown() }),
  z.looseObject({ success: z.literal(false), error: z.unknown() }),
]);
const StandardVerdict = z.looseObject({
  value: z.unknown().optional(),
  issues: z.array(z.looseObject({ message: z.string() })).optional(),
});

async function validated(
  { validate, '~standard': standard }: InputSchema,
  args: JsonObject,
): Promise<unknown> {
  if (standard !== undefined) {
    const { value, issues } = StandardVerdict.parse(await standard.validate(args));
    if (issues === undefined) return value;
    throw badInput(issues.map(({ message }) => message).join('; '));
  }
  if (validate === undefined) return args;
  const verdict = Verdict.parse(await validate(args));
  if (verdict.success) return verdict.value;
  throw badInput(toErrorInfo(verdict.error).message);
}

function badInput(why: string): CarrelError {
  return new CarrelError('invalid_params', `the arguments do not fit: ${why}`);
}
