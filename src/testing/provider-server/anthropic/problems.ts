// What the Messages API refuses.
import { isSignatureOf } from '../seal.ts';
import { isToolSchema } from '../shape-issues.ts';
import { shapeProblems, type Block, type Body, type Message } from './shape.ts';

/** Neighbouring messages of one role are one turn here; `at` is where the first of them stands. */
interface Turn {
  readonly role: Message['role'];
  readonly at: number;
  readonly blocks: readonly Block[];
}

function toTurns(messages: readonly Message[]): Turn[] {
  const turns: Turn[] = [];
  for (const [at, { role, content }] of messages.entries()) {
    const blocks = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content;
    const last = turns.at(-1);
    if (last?.role === role) turns[turns.length - 1] = { ...last, blocks: [...last.blocks, ...blocks] };
    else turns.push({ role, at, blocks });
  }
  return turns;
}

function emptyProblems(messages: readonly Message[]): string[] {
  return messages.flatMap(({ role, content }, i) => {
    if (content.length === 0) return [`messages.${i}: ${role} messages must have non-empty content`];
    const texts =
      typeof content === 'string'
        ? [content]
        : content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
    if (texts.some((text) => text === '')) return ['messages: text content blocks must be non-empty'];
    if (texts.some((text) => text.trim() === ''))
      return ['messages: text content blocks must contain non-whitespace text'];
    return [];
  });
}

function orderProblems(messages: readonly Message[]): string[] {
  const problems = [];
  if (messages[0]?.role !== 'user') problems.push('messages: first message must use the "user" role');
  if (messages.at(-1)?.role !== 'user') {
    problems.push(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    );
  }
  return problems;
}

const WRONG_PLACE = {
  user: ['tool_use', 'thinking', 'redacted_thinking'],
  assistant: ['tool_result', 'image', 'document'],
} as const;

function placeProblems({ role, at, blocks }: Turn): string[] {
  const wrong: readonly string[] = WRONG_PLACE[role];
  return blocks.flatMap((block, i) =>
    wrong.includes(block.type)
      ? [`messages.${at}.content.${i}: \`${block.type}\` blocks are not allowed in ${role} messages`]
      : [],
  );
}

const callIds = (turn: Turn | undefined): string[] =>
  (turn?.blocks ?? []).flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));

/** The results that open a turn: one that comes after other content answers nothing. */
function resultIds(turn: Turn | undefined): string[] {
  const blocks = turn?.blocks ?? [];
  const end = blocks.findIndex((block) => block.type !== 'tool_result');
  return blocks
    .slice(0, end === -1 ? undefined : end)
    .flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []));
}

function pairProblems(turns: readonly Turn[]): string[] {
  return turns.flatMap((turn, i) => {
    const answered = resultIds(turns[i + 1]);
    const open = callIds(turn).filter((id) => !answered.includes(id));
    const asked = callIds(turns[i - 1]);
    const stray = turn.blocks.flatMap((block, k) =>
      block.type === 'tool_result' && !asked.includes(block.tool_use_id)
        ? [{ id: block.tool_use_id, k }]
        : [],
    );
    const results = resultIds(turn);
    const twice = results.find((id, k) => results.indexOf(id) !== k);
    return [
      ...(open.length === 0
        ? []
        : [
            `messages.${turn.at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. ` +
              'Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
          ]),
      ...stray.map(
        ({ id, k }) =>
          `messages.${turn.at}.content.${k}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. ` +
          'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
      ),
      ...(twice === undefined
        ? []
        : [
            `messages.${turn.at}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${twice}`,
          ]),
    ];
  });
}

function uniqueProblems(turns: readonly Turn[]): string[] {
  const ids = turns.flatMap(callIds);
  return ids.some((id, i) => ids.indexOf(id) !== i) ? ['messages: `tool_use` ids must be unique'] : [];
}

function signatureProblems({ at, blocks }: Turn): string[] {
  return blocks.flatMap((block, i) =>
    block.type === 'thinking' && !isSignatureOf(block.signature, block.thinking)
      ? [`messages.${at}.content.${i}: Invalid \`signature\` in \`thinking\` block`]
      : [],
  );
}

/** Calls of an answer that was made without thinking say so in their ids, so that this check can be pure. */
export const UNTHOUGHT_CALL = 'toolu_plain';

function missingThinking(body: Body, turns: readonly Turn[]): string[] {
  const last = turns.at(-2);
  const [first] = last?.blocks ?? [];
  const made = callIds(last);
  if (body.thinking?.type !== 'enabled' || last === undefined || first === undefined || made.length === 0)
    return [];
  if (first.type.endsWith('thinking') || made.some((id) => id.startsWith(UNTHOUGHT_CALL))) return [];
  return [
    `messages.${last.at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first.type}\`. ` +
      'When `thinking` is enabled, a final `assistant` message must start with a thinking block ' +
      '(preceeding the lastmost set of `tool_use` and `tool_result` blocks).',
  ];
}

function thinkingProblems({ thinking, max_tokens, temperature, top_k }: Body): string[] {
  if (thinking === undefined || thinking.type === 'disabled') return [];
  const problems = [];
  if (thinking.type === 'enabled' && max_tokens <= thinking.budget_tokens) {
    problems.push('`max_tokens` must be greater than `thinking.budget_tokens`.');
  }
  if (temperature !== undefined && temperature !== 1) {
    problems.push('`temperature` may only be set to 1 when thinking is enabled.');
  }
  if (top_k !== undefined) problems.push('`top_k` must be unset when thinking is enabled.');
  return problems;
}

function toolProblems({ tools = [] }: Body): string[] {
  const names = tools.map((tool) => tool.name);
  const problems = tools.flatMap((tool, i) =>
    isToolSchema(tool.input_schema)
      ? []
      : [
          `tools.${i}.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12 and be of type object.`,
        ],
  );
  return new Set(names).size === names.length ? problems : [...problems, 'tools: Tool names must be unique.'];
}

function systemProblems({ system }: Body): string[] {
  const texts = Array.isArray(system) ? system.map((block) => block.text) : [];
  return texts.includes('') ? ['system: text content blocks must be non-empty'] : [];
}

/** What is wrong with a body of `POST /v1/messages`; empty when it is accepted. */
export function anthropicProblems(value: unknown): string[] {
  const misshapen = shapeProblems(value);
  if (misshapen.length > 0) return misshapen;
  const body = value as Body;
  const turns = toTurns(body.messages);
  return [
    ...systemProblems(body),
    ...emptyProblems(body.messages),
    ...orderProblems(body.messages),
    ...turns.flatMap(placeProblems),
    ...pairProblems(turns),
    ...uniqueProblems(turns),
    ...turns.flatMap(signatureProblems),
    ...missingThinking(body, turns),
    ...thinkingProblems(body),
    ...toolProblems(body),
  ];
}
