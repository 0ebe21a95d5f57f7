// What a chat completions service refuses. Unknown top-level fields pass: compatible servers have many of their own.
import { isJsonObject, parseJson } from '../../../base/index.ts';
import { isToolSchema } from '../shape-issues.ts';
import { shapeProblems, type Body, type Message } from './shape.ts';

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
  const misshapen = shapeProblems(body);
  if (misshapen.length > 0) return misshapen;
  const { messages, tools } = body as Body;
  return [
    ...contentProblems(messages),
    ...callProblems(messages),
    ...endProblems(messages),
    ...toolProblems(tools),
  ];
}
