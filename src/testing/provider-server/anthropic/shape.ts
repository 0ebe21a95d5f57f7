import { z } from 'zod';
import { dotPath, shapeIssues, type ShapeIssue } from '../shape-issues.ts';

const cache_control = z
  .object({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() })
  .nullish();
const Text = z
  .strictObject({ type: z.literal('text'), text: z.string(), cache_control, citations: z.unknown() })
  .partial({ citations: true });
const Source = z.looseObject({ type: z.enum(['base64', 'url', 'text', 'content', 'file']) });
const Image = z.strictObject({ type: z.literal('image'), source: Source, cache_control });
const Document = z.looseObject({ type: z.literal('document'), source: Source, cache_control });
const id = z.string().regex(/^[a-zA-Z0-9_-]+$/, "String should match pattern '^[a-zA-Z0-9_-]+$'");

const Block = z.discriminatedUnion('type', [
  Text,
  Image,
  Document,
  z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
  z.strictObject({ type: z.literal('redacted_thinking'), data: z.string() }),
  z.strictObject({
    type: z.literal('tool_use'),
    id,
    name: z.string().min(1).max(200),
    input: z.record(z.string(), z.unknown()),
    cache_control,
  }),
  z.strictObject({
    type: z.literal('tool_result'),
    tool_use_id: id,
    content: z.union([z.string(), z.array(z.discriminatedUnion('type', [Text, Image, Document]))]).optional(),
    is_error: z.boolean().optional(),
    cache_control,
  }),
]);
export type Block = z.infer<typeof Block>;

const Message = z.strictObject({
  role: z.enum(['user', 'assistant']),
  content: z.union([z.string(), z.array(Block)]),
});
export type Message = z.infer<typeof Message>;

const Thinking = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('enabled'),
    budget_tokens: z.int().min(1024, 'Input should be greater than or equal to 1024'),
  }),
  z.object({ type: z.enum(['adaptive', 'between_tools']) }),
  z.object({ type: z.literal('disabled') }),
]);

const Tool = z.looseObject({
  type: z.literal('custom').optional(),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/, "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"),
  description: z.string().optional(),
  input_schema: z.looseObject({}),
});

const known = z.unknown().optional();

const Body = z.strictObject({
  model: z.string().min(1),
  max_tokens: z.int().min(1, 'Input should be greater than or equal to 1'),
  messages: z.array(Message).min(1, 'at least one message is required'),
  system: z.union([z.string(), z.array(Text)]).optional(),
  stream: z.boolean().optional(),
  temperature: z.number().min(0).max(1).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: z.int().min(0).optional(),
  stop_sequences: z.array(z.string()).optional(),
  thinking: Thinking.optional(),
  tools: z.array(Tool).optional(),
  tool_choice: z.looseObject({ type: z.enum(['auto', 'any', 'tool', 'none']) }).optional(),
  metadata: z.looseObject({ user_id: z.string().nullish() }).optional(),
  output_config: z.looseObject({}).optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  cache_control,
  container: known,
  context_management: known,
  mcp_servers: known,
  inference_geo: known,
  speed: known,
});
export type Body = z.infer<typeof Body>;

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

/** Differences from the schema, in the words of this provider. */
export function shapeProblems(value: unknown): string[] {
  return shapeIssues(Body, value).map(inItsWords);
}
