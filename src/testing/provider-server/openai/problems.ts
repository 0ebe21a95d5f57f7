// What the Responses API refuses. Like an organisation without data retention, this server keeps nothing: whoever refers to an
// earlier response or item is told that it is not found.
import { isJsonObject, parseJson } from '../../../base/index.ts';
import { isSealed } from '../seal.ts';
import { isToolSchema } from '../shape-issues.ts';
import { shapeProblems, type Body, type Item } from './shape.ts';

const UNKNOWN_ITEM = (id: string): string =>
  `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`;

function contentProblems(items: readonly Item[]): string[] {
  return items.flatMap((item, i) => {
    if (!('content' in item)) return [];
    const texts =
      typeof item.content === 'string'
        ? [item.content]
        : item.content.map((part) => ('text' in part ? part.text : 'file'));
    return texts.length === 0 || texts.includes('')
      ? [`Invalid 'input[${i}].content': empty content. Expected a non-empty value.`]
      : [];
  });
}

function callProblems(items: readonly Item[]): string[] {
  const problems: string[] = [];
  const open = new Set<string>();
  const seen = new Set<string>();
  for (const item of items) {
    if (item.type === 'function_call') {
      if (seen.has(item.call_id))
        problems.push(
          `Duplicate item found with call_id ${item.call_id}. Remove duplicate items from your input and try again.`,
        );
      const args = parseJson(item.arguments);
      if (!args.ok || !isJsonObject(args.value))
        problems.push(`Invalid 'arguments' of function call ${item.call_id}: not a JSON object.`);
      seen.add(item.call_id);
      open.add(item.call_id);
    }
    if (item.type === 'function_call_output' && !open.delete(item.call_id)) {
      problems.push(`No tool call found for function call output with call_id ${item.call_id}.`);
    }
    if ('role' in item && item.role !== 'assistant') {
      problems.push(...[...open].map((id) => `No tool output found for function call ${id}.`));
      open.clear();
    }
  }
  return [...problems, ...[...open].map((id) => `No tool output found for function call ${id}.`)];
}

function sealProblems(item: Item): string[] {
  if (item.type === 'item_reference') return [UNKNOWN_ITEM(item.id)];
  if (item.type !== 'reasoning') return [];
  const sealed = item.encrypted_content;
  if (sealed === undefined || sealed === null) return [UNKNOWN_ITEM(item.id ?? 'undefined')];
  if (isSealed(sealed)) return [];
  return [
    `The encrypted content ${sealed.slice(0, 4)}...${sealed.slice(-4)} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
  ];
}

/** The id of a call made after reasoning ends with this and the id of that reasoning, so that this check can be pure. */
export const AFTER_REASONING = '_after_';

const isOutput = (item: Item | undefined): boolean =>
  item?.type === 'function_call' ||
  item?.type === 'reasoning' ||
  (item !== undefined && 'role' in item && item.role === 'assistant');

function reasoningProblems(items: readonly Item[]): string[] {
  const reasoning = new Set(
    items.flatMap((item) => (item.type === 'reasoning' && item.id !== undefined ? [item.id] : [])),
  );
  return items.flatMap((item, i) => {
    if (item.type === 'reasoning' && !isOutput(items[i + 1])) {
      return [`Item '${item.id}' of type 'reasoning' was provided without its required following item.`];
    }
    const needed = item.type === 'function_call' ? item.id?.split(AFTER_REASONING)[1] : undefined;
    if (needed === undefined || reasoning.has(needed)) return [];
    return [
      `Item '${item.type === 'function_call' ? item.id : ''}' of type 'function_call' was provided without its required 'reasoning' item: '${needed}'.`,
    ];
  });
}

function endProblems(items: readonly Item[]): string[] {
  const last = items.at(-1);
  return isOutput(last)
    ? ["Invalid 'input': the last item must be a user message or a function call output."]
    : [];
}

function bodyProblems(body: Body): string[] {
  const tools = body.tools ?? [];
  const names = tools.map((tool) => tool.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  const invalid = tools.filter(
    ({ parameters }) => parameters !== undefined && parameters !== null && !isToolSchema(parameters),
  );
  const previous = body.previous_response_id ?? undefined;
  return [
    ...(previous === undefined ? [] : [`Previous response with id '${previous}' not found.`]),
    ...(twice === undefined ? [] : [`Tool names must be unique: '${twice}' is defined twice.`]),
    ...invalid.map(
      ({ name }) => `Invalid schema for function '${name}': not a valid JSON Schema of type 'object'.`,
    ),
  ];
}

/** What is wrong with a body of `POST /v1/responses`; empty when it is accepted. */
export function responsesProblems(value: unknown): string[] {
  const misshapen = shapeProblems(value);
  if (misshapen.length > 0) return misshapen;
  const body = value as Body;
  const items = typeof body.input === 'string' ? [] : body.input;
  return [
    ...contentProblems(items),
    ...callProblems(items),
    ...items.flatMap(sealProblems),
    ...reasoningProblems(items),
    ...endProblems(items),
    ...bodyProblems(body),
  ];
}
