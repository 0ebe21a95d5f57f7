// What a chat completions service refuses. Unknown top-level fields pass: compatible servers have many of their own.
import { z } from 'zod';
import { isJsonObject, parseJson } from '../../../base/index.ts';
import { bracketPath, isToolSchema, shapeIssues, type ShapeIssue } from '../shape.ts';

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
type Body = z.infer<typeof Body>;
type Message = z.infer<typeof Message>;

function inItsWords(issue: ShapeIssue): string {
  const name = bracketPath(issue.path);
  if (issue.kind === 'missing') return `Missing required parameter: '${name}'.`;
  if (issue.kind === 'type') return `Invalid type for '${name}': expected ${issue.expected}.`;
  return `Invalid value for '${name}': ${issue.expected}.`;
}

function isEmpty(message: Message): boolean {
  if (message.role === 'tool') return false;
  const calls = message.role === 'assistant' ? (message.tool_calls ?? []) : [];
  return calls.length === 0 && (message.content ?? '').length === 0;
}

const EMPTY_TEXT = (part: { type: string }): boolean => 'text' in part && part.text === '';

function contentProblems(messages: readonly Message[]): string[] {
  return messages.flatMap((message, i) => {
    if (isEmpty(message))
      return [`Invalid request: message at position ${i} with role '${message.role}' must not be empty`];
    if (!Array.isArray(message.content) || !message.content.some(EMPTY_TEXT)) return [];
    return [`Invalid request: message at position ${i} has an empty text part`];
  });
}

const unanswered = (open: ReadonlySet<string>): string[] =>
  open.size === 0
    ? []
    : [
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
          `The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
      ];

function callProblems(messages: readonly Message[]): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  const open = new Set<string>();
  for (const [i, message] of messages.entries()) {
    if (message.role === 'tool') {
      if (!open.delete(message.tool_call_id)) {
        problems.push(
          `Invalid parameter: messages[${i}] with role 'tool' must be a response to a preceeding message with 'tool_calls'.`,
        );
      }
      continue;
    }
    problems.push(...unanswered(open));
    open.clear();
    for (const call of message.role === 'assistant' ? (message.tool_calls ?? []) : []) {
      if (seen.has(call.id))
        problems.push(`Duplicate value for 'tool_call_id' of '${call.id}' in messages[${i}].`);
      const args = parseJson(call.function.arguments);
      if (!args.ok || !isJsonObject(args.value)) {
        problems.push(`Invalid value for 'messages[${i}].tool_calls.function.arguments': not a JSON object.`);
      }
      seen.add(call.id);
      open.add(call.id);
    }
  }
  return [...problems, ...unanswered(open)];
}

function endProblems(messages: readonly Message[]): string[] {
  const role = messages.at(-1)?.role;
  if (role === 'user' || role === 'tool') return [];
  return [`Expected last role User or Tool (or Assistant with prefix True) for serving but got ${role}`];
}

function toolProblems(tools: Body['tools'] = []): string[] {
  const names = tools.map((tool) => tool.function.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  const invalid = tools.filter(
    ({ function: { parameters } }) => parameters !== undefined && !isToolSchema(parameters),
  );
  return [
    ...(twice === undefined ? [] : [`Tool names must be unique: '${twice}' is defined twice.`]),
    ...invalid.map(
      ({ function: { name } }) =>
        `Invalid schema for function '${name}': not a valid JSON Schema of type 'object'.`,
    ),
  ];
}

/** What is wrong with a body of `POST /v1/chat/completions`; empty when it is accepted. */
export function chatProblems(body: unknown): string[] {
  const issues = shapeIssues(Body, body);
  if (issues.length > 0) return issues.map(inItsWords);
  const { messages, tools } = body as Body;
  return [
    ...contentProblems(messages),
    ...callProblems(messages),
    ...endProblems(messages),
    ...toolProblems(tools),
  ];
}
