import { z } from 'zod';
import { bracketPath, shapeIssues, type ShapeIssue } from '../shape-issues.ts';

const InputText = z.object({ type: z.literal('input_text'), text: z.string() });
const InputPart = z.discriminatedUnion('type', [
  InputText,
  z.object({
    type: z.literal('input_image'),
    image_url: z.string().optional(),
    file_id: z.string().optional(),
  }),
  z.object({
    type: z.literal('input_file'),
    file_data: z.string().optional(),
    file_url: z.string().optional(),
  }),
]);
const OutputPart = z.discriminatedUnion('type', [
  z.object({ type: z.literal('output_text'), text: z.string() }),
  z.object({ type: z.literal('refusal'), refusal: z.string() }),
]);
const type = z.literal('message').optional();
const Message = z.discriminatedUnion('role', [
  z.object({
    type,
    role: z.enum(['system', 'developer']),
    content: z.union([z.string(), z.array(InputText)]),
  }),
  z.object({ type, role: z.literal('user'), content: z.union([z.string(), z.array(InputPart)]) }),
  z.object({
    type,
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(OutputPart)]),
    id: z.string().optional(),
    phase: z.string().nullish(),
  }),
]);
const OtherItem = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('function_call'),
    id: z.string().startsWith('fc', "expected an ID that begins with 'fc'").optional(),
    call_id: z.string().min(1).max(64),
    name: z.string().min(1),
    arguments: z.string(),
  }),
  z.object({
    type: z.literal('function_call_output'),
    call_id: z.string(),
    output: z.union([z.string(), z.array(InputPart)]),
  }),
  z.object({
    type: z.literal('reasoning'),
    id: z.string().optional(),
    summary: z.array(z.object({ type: z.literal('summary_text'), text: z.string() })),
    encrypted_content: z.string().nullish(),
  }),
  z.object({ type: z.literal('item_reference'), id: z.string() }),
]);
const Item = z.union([Message, OtherItem]);
export type Item = z.infer<typeof Item>;

const Tool = z.object({
  type: z.literal('function'),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});
const known = z.unknown().optional();
const Body = z.strictObject({
  model: z.string().min(1),
  input: z.union([z.string().min(1), z.array(Item).min(1)]),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  store: z.boolean().nullish(),
  include: z
    .array(
      z.enum([
        'reasoning.encrypted_content',
        'message.output_text.logprobs',
        'web_search_call.action.sources',
      ]),
    )
    .nullish(),
  reasoning: z
    .object({
      effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
      summary: z.enum(['auto', 'concise', 'detailed']).nullish(),
    })
    .nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  max_output_tokens: z.int().min(16).nullish(),
  max_tool_calls: z.int().nullish(),
  previous_response_id: z.string().nullish(),
  tools: z.array(Tool).optional(),
  tool_choice: known,
  parallel_tool_calls: z.boolean().nullish(),
  prompt_cache_key: z.string().nullish(),
  prompt_cache_options: known,
  prompt_cache_retention: known,
  safety_identifier: z.string().nullish(),
  user: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  service_tier: z.string().nullish(),
  text: known,
  truncation: z.enum(['auto', 'disabled']).nullish(),
  top_logprobs: known,
  conversation: known,
  context_management: known,
  background: known,
});
export type Body = z.infer<typeof Body>;

function inItsWords({ kind, path, key, expected }: ShapeIssue): string {
  if (kind === 'unknown') return `Unknown parameter: '${bracketPath([...path, key])}'.`;
  if (kind === 'missing') return `Missing required parameter: '${bracketPath(path)}'.`;
  if (kind === 'type') return `Invalid type for '${bracketPath(path)}': expected ${expected}.`;
  return `Invalid value for '${bracketPath(path)}': ${expected}.`;
}

/** Differences from the schema, in the words of this provider. */
export function shapeProblems(value: unknown): string[] {
  return shapeIssues(Body, value).map(inItsWords);
}
