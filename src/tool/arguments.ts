// A model's arguments come from outside: they are parsed and checked here, once, before anything else looks at them.
// The validator is loaded with the first call, not with the program, because it is the largest part of this module.
import { createRequire } from 'node:module';
import type * as Ajv from 'ajv/dist/2020.js';
import { isJsonObject, oneLine, parseJson, type Json, type JsonObject } from '../base/index.ts';
import type { ErrorInfo } from '../protocol/index.ts';
import type { Tool } from './port.ts';

export type CheckedArguments =
  { readonly ok: true; readonly args: JsonObject } | { readonly ok: false; readonly error: ErrorInfo };

/** Deeper arguments are a mistake or an attack: recursive code that meets them later would overflow its stack. */
const MAX_DEPTH = 100;

/** Characters of a wrong value that its error shows. */
const SHOWN_VALUE = 80;

type Compiled = { readonly validate: Ajv.ValidateFunction } | { readonly problem: string };

const compiled = new WeakMap<Tool, Compiled>();
let validator: Ajv.Ajv2020 | undefined;

/**
 * Parses and checks the text a model sent. Blank text counts as `{}`. Nothing is coerced and no default is filled in.
 * Refuses with `invalid_params` (naming path, value and what is expected), or with `tool_failed` when the tool's own
 * schema is bad. A key that could reach a prototype is refused, so later code may copy arguments freely.
 */
export function checkArguments(tool: Tool, argsText: string): CheckedArguments {
  const parsed = parseJson(argsText.trim() === '' ? '{}' : argsText);
  if (!parsed.ok) return refuse(tool, `the arguments are not JSON (${parsed.error.message})`);
  const args = parsed.value;
  if (!isJsonObject(args)) return refuse(tool, `the arguments are ${show(args)}: expected an object`);
  const hazard = findHazard(args);
  if (hazard !== undefined) return refuse(tool, hazard);
  const schema = compile(tool);
  if ('problem' in schema) return { ok: false, error: badSchema(tool, schema.problem) };
  if (schema.validate(args)) return { ok: true, args };
  return refuse(tool, explain(args, schema.validate.errors?.[0]));
}

/** What is wrong with the tool's own schema, so that no call of it can be checked. */
export function schemaProblem(tool: Tool): string | undefined {
  const schema = compile(tool);
  return 'problem' in schema ? badSchema(tool, schema.problem).message : undefined;
}

function refuse(tool: Tool, problem: string): CheckedArguments {
  return { ok: false, error: { code: 'invalid_params', message: `${tool.name}: ${problem}` } };
}

function badSchema(tool: Tool, problem: string): ErrorInfo {
  const message = `tool "${tool.name}" has a bad schema and cannot be called: ${problem}`;
  return { code: 'tool_failed', message };
}

function compile(tool: Tool): Compiled {
  const known = compiled.get(tool);
  if (known !== undefined) return known;
  const result = compileSchema(tool.parameters);
  compiled.set(tool, result);
  return result;
}

function compileSchema(parameters: JsonObject): Compiled {
  // `$schema` only names a dialect; foreign tools name older ones, of which the common subset means the same. `$id` would
  // be remembered by the validator and clash between tools.
  const { $schema: _dialect, $id: _id, ...schema } = parameters;
  if (schema['type'] !== 'object') return { problem: '"type" must be "object"' };
  try {
    validator ??= loadValidator();
    return { validate: validator.compile(schema) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function loadValidator(): Ajv.Ajv2020 {
  const require = createRequire(import.meta.url);
  const { Ajv2020 } = require('ajv/dist/2020.js') as typeof Ajv;
  return new Ajv2020({
    strict: false,
    validateFormats: false,
    logger: false,
    addUsedSchema: false,
    verbose: true,
    ownProperties: true,
  });
}

/** Looks for what later code must never meet; with a stack of its own, because the depth is not known yet. */
function findHazard(root: JsonObject): string | undefined {
  const stack: { readonly value: Json; readonly depth: number }[] = [{ value: root, depth: 0 }];
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    const { value, depth } = item;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > MAX_DEPTH) return `the arguments are nested deeper than ${MAX_DEPTH}: send flatter ones`;
    const key = Array.isArray(value) ? undefined : hazardousKey(value as JsonObject);
    if (key !== undefined) return `the key "${key}" is not allowed: leave it out`;
    for (const member of Object.values(value)) stack.push({ value: member, depth: depth + 1 });
  }
  return undefined;
}

function hazardousKey(value: JsonObject): string | undefined {
  if (Object.hasOwn(value, '__proto__')) return '__proto__';
  const maker = Object.hasOwn(value, 'constructor') ? value['constructor'] : undefined;
  return isJsonObject(maker) && Object.hasOwn(maker, 'prototype') ? 'constructor.prototype' : undefined;
}

function explain(args: JsonObject, error: Ajv.ErrorObject | undefined): string {
  if (error === undefined) return 'the arguments do not fit the schema';
  const params = error.params as Readonly<Record<string, unknown>>;
  const at = error.instancePath === '' ? 'the arguments' : `"${pathOf(error.instancePath)}"`;
  const missing = params['missingProperty'];
  if (typeof missing === 'string') return `${at} must have "${missing}", which is missing from ${show(args)}`;
  const surplus = params['additionalProperty'] ?? params['unevaluatedProperty'];
  if (typeof surplus === 'string') return `${at} may not have "${surplus}": expected ${known(error)}`;
  const allowed = error.keyword === 'enum' ? ` ${show(params['allowedValues'])}` : '';
  return `${at} is ${show(error.data)}: ${error.message ?? 'it does not fit'}${allowed}`;
}

function known(error: Ajv.ErrorObject): string {
  const parent: unknown = error.parentSchema?.['properties'];
  const names = typeof parent === 'object' && parent !== null ? Object.keys(parent) : [];
  return names.length === 0 ? 'no such key' : `only ${names.join(', ')}`;
}

/** `/files/0/name` as `files.0.name`. */
function pathOf(pointer: string): string {
  return pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
}

function show(value: unknown): string {
  return oneLine(JSON.stringify(value) ?? 'undefined', SHOWN_VALUE);
}
