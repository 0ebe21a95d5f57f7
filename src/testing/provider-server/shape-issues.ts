// Schema checks, told in the words of each provider.
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { z } from 'zod';
import { isJsonObject } from '../../base/index.ts';

export type Path = readonly PropertyKey[];

/** One difference between a body and its schema. */
export interface ShapeIssue {
  readonly kind: 'missing' | 'unknown' | 'type' | 'value';
  /** For `unknown`, the path of the object that has the key. */
  readonly path: Path;
  readonly key: string;
  /** The type that was expected, or what is wrong with the value. */
  readonly expected: string;
}

type ZodIssue = z.core.$ZodIssue;

/** An input that fits no member of a union is told by the member that got furthest into it. */
function leaves(issue: ZodIssue, prefix: Path): { issue: ZodIssue; path: Path }[] {
  const path = [...prefix, ...issue.path];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ issue, path }];
  const members = issue.errors.map((errors) => errors.flatMap((inner) => leaves(inner, path)));
  const depth = (found: { path: Path }[]): number => Math.max(...found.map((leaf) => leaf.path.length));
  return members.reduce((best, member) => (depth(member) > depth(best) ? member : best));
}

function toShapeIssues({ issue, path }: { issue: ZodIssue; path: Path }): ShapeIssue[] {
  const key = String(path.at(-1) ?? '');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((unknown) => ({ kind: 'unknown', path, key: unknown, expected: '' }));
  }
  if (issue.code !== 'invalid_type') return [{ kind: 'value', path, key, expected: issue.message }];
  const kind = issue.input === undefined ? 'missing' : 'type';
  return [{ kind, path, key, expected: issue.expected }];
}

export function shapeIssues(schema: z.ZodType, value: unknown): ShapeIssue[] {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return [];
  return result.error.issues.flatMap((issue) => leaves(issue, [])).flatMap(toShapeIssues);
}

/** `messages[0].content`. */
export function bracketPath(path: Path): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i === 0 ? '' : '.'}${String(step)}`))
    .join('');
}

/** `messages.0.content`. */
export function dotPath(path: Path): string {
  return path.map(String).join('.');
}

const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false });

/** Whether this is a JSON Schema (draft 2020-12; an older `$schema` line is not held against it) of an object. */
export function isToolSchema(schema: unknown): boolean {
  if (!isJsonObject(schema) || schema['type'] !== 'object') return false;
  const { $schema: _dialect, ...rest } = schema;
  return ajv.validateSchema(rest) === true;
}
