import { z } from 'zod';
import { bracketPath, shapeIssues, type ShapeIssue } from '../shape-issues.ts';

const Text = z.object({ type: z.literal('text'), text: z.string() });
const ContentPart = z.discriminatedUnion('type', [
  Text,
  z.object({ type: z.literal('image_url'), image_url: z.object({ url: z.string() }) }),
  z.object({
    type: z.literal('input_audio'),
    input_audio: z.object({ data: z.string(), format: z.string() }),
  }),
  z.object({ type: z.literal('file'), file: z.object({}) }),
]);
const Call = z.object({
  id: z.string().min(1),
  type: z.literal('function'),
  function: z.object({ name: z.string().min(1), arguments: z.string() }),
});
const Message = z.discriminatedUnion('role', [
  z.object({ role: z.enum(['system', 'developer']), content: z.union([z.string(), z.array(Text)]) }),
  z.object({ role: z.literal('user'), content: z.union([z.string(), z.array(ContentPart)]) }),
  z.object({
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(Text), z.null()]).optional(),
    reasoning_content: z.string().nullish(),
    tool_calls: z.array(Call).optional(),
  }),
  z.object({
    role: z.literal('tool'),
    tool_call_id: z.string(),
    content: z.union([z.string(), z.array(ContentPart)]),
  }),
]);
const Tool = z.object({
  type: z.literal('function'),
  function: z.object({
    name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
    description: z.string().optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
    strict: z.boolean().nullish(),
  }),
});
const Body = z.object({
  model: z.string().min(1),
  messages: z.array(Message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().optional() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  seed: z.int().nullish(),
  tools: z.array(Tool).optional(),
  tool_choice: z
    .union([z.enum(['none', 'auto', 'required']), z.object({ type: z.literal('function') })])
    .optional(),
  parallel_tool_calls: z.boolean().optional(),
  user: z.string().optional(),
});
export type Body = z.infer<typeof Body>;
export type Message = z.infer<typeof Message>;

function inItsWords(issue: ShapeIssue): string {
  const name = bracketPath(issue.path);
  if (issue.kind === 'missing') return `Missing required parameter: '${name}'.`;
  if (issue.kind === 'type') return `Invalid type for '${name}': expected ${issue.expected}.`;
  return `Invalid value for '${name}': ${issue.expected}.`;
}

/** Differences from the schema, in the words of this provider. */
export function shapeProblems(value: unknown): string[] {
  return shapeIssues(Body, value).map(inItsWords);
}
