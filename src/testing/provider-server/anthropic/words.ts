import type { z } from 'zod';
import { dotPath, shapeIssues, type ShapeIssue } from '../shape.ts';

const ARTICLE: Readonly<Record<string, string>> = {
  string: 'a valid string',
  number: 'a valid number',
  int: 'a valid integer',
  boolean: 'a valid boolean',
  array: 'a valid list',
  object: 'a valid dictionary',
  record: 'a valid dictionary',
};

function inItsWords({ kind, path, key, expected }: ShapeIssue): string {
  if (kind === 'unknown') return `${dotPath([...path, key])}: Extra inputs are not permitted`;
  if (kind === 'missing') return `${dotPath(path)}: Field required`;
  return `${dotPath(path)}: ${kind === 'type' ? `Input should be ${ARTICLE[expected] ?? expected}` : expected}`;
}

/** Differences from the schema as the Messages API tells them. */
export function issuesInItsWords(schema: z.ZodType, value: unknown): string[] {
  return shapeIssues(schema, value).map(inItsWords);
}
