import { describe, expect, it } from 'vitest';
import { nth } from '../fixtures.ts';
import { sign } from '../seal.ts';
import { anthropicProblems } from './problems.ts';

const use = (id: string): object => ({ type: 'tool_use', id, name: 'read', input: { path: 'a' } });
const result = (id: string): object => ({ type: 'tool_result', tool_use_id: id, content: 'A' });
const thinking = { type: 'thinking', thinking: 'Two files.', signature: sign('Two files.') };
const tool = (name: string, input_schema: unknown): object => ({ name, description: '', input_schema });

const good = {
  model: 'claude-sonnet-4-5',
  max_tokens: 4096,
  stream: true,
  system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
  thinking: { type: 'enabled', budget_tokens: 1024 },
  messages: [
    { role: 'user', content: 'Read a and b.' },
    { role: 'assistant', content: [thinking, use('t1'), use('t2')] },
    { role: 'user', content: [result('t2'), result('t1'), { type: 'text', text: 'Go on.' }] },
    { role: 'assistant', content: [{ type: 'text', text: 'A and B.' }] },
    { role: 'user', content: [{ type: 'text', text: 'Thanks.' }] },
  ],
  tools: [tool('read', { type: 'object', properties: { path: { type: 'string' } } })],
};
type Body = Record<string, unknown> & { messages: Record<string, unknown>[] };

const bad: readonly (readonly [string, (body: Body) => void, RegExp])[] = [
  ['no max_tokens', (b) => delete b['max_tokens'], /^max_tokens: Field required/],
  ['max_tokens as text', (b) => (b['max_tokens'] = '5'), /^max_tokens: Input should be a valid number/],
  ['unknown parameter', (b) => (b['reasoning'] = {}), /^reasoning: Extra inputs are not permitted/],
  ['no messages', (b) => (b.messages = []), /messages: at least one message is required/],
  ['system role', (b) => (nth(b.messages, 0)['role'] = 'system'), /^messages\.0\.role:/],
  ['extra field in a message', (b) => (nth(b.messages, 0)['name'] = 'x'), /^messages\.0\.name: Extra inputs/],
  [
    'extra field in a block',
    (b) => (nth(b.messages, 1)['content'] = [{ ...use('t1'), index: 0 }]),
    /messages\.1\.content\.0\.index: Extra inputs/,
  ],
  [
    'empty message',
    (b) => (nth(b.messages, 4)['content'] = []),
    /messages\.4: user messages must have non-empty content/,
  ],
  [
    'empty text',
    (b) => (nth(b.messages, 3)['content'] = [{ type: 'text', text: '' }]),
    /text content blocks must be non-empty/,
  ],
  ['blank text', (b) => (nth(b.messages, 4)['content'] = ' \n'), /must contain non-whitespace text/],
  [
    'empty system text',
    (b) => (b['system'] = [{ type: 'text', text: '' }]),
    /system: text content blocks must be non-empty/,
  ],
  ['assistant first', (b) => b.messages.shift(), /first message must use the "user" role/],
  ['ends with the assistant', (b) => b.messages.pop(), /must end with a user message/],
  [
    'call without a result',
    (b) => (nth(b.messages, 2)['content'] = [result('t2')]),
    /messages\.1: `tool_use` ids were found without .*: t1\./,
  ],
  [
    'result after text',
    (b) => (nth(b.messages, 2)['content'] = [{ type: 'text', text: 'x' }, result('t1'), result('t2')]),
    /messages\.1: `tool_use` ids .*: t1, t2\./,
  ],
  [
    'result without its call',
    (b) => (nth(b.messages, 4)['content'] = [result('t1')]),
    /messages\.4\.content\.0: unexpected `tool_use_id` .*: t1\./,
  ],
  [
    'result twice',
    (b) => (nth(b.messages, 2)['content'] = [result('t1'), result('t2'), result('t1')]),
    /Found multiple `tool_result` blocks with id: t1/,
  ],
  [
    'same call id twice',
    (b) => (nth(b.messages, 1)['content'] = [thinking, use('t1'), use('t1'), use('t2')]),
    /`tool_use` ids must be unique/,
  ],
  [
    'call id of another provider',
    (b) => (nth(b.messages, 1)['content'] = [use('functions.read:0')]),
    /messages\.1\.content\.0\.id: String should match/,
  ],
  [
    'arguments as text',
    (b) => (nth(b.messages, 1)['content'] = [{ ...use('t1'), input: '{}' }]),
    /input: Input should be a valid dictionary/,
  ],
  [
    'call by the user',
    (b) => (nth(b.messages, 4)['content'] = [use('t5')]),
    /`tool_use` blocks are not allowed in user messages/,
  ],
  [
    'altered thinking',
    (b) => (nth(b.messages, 1)['content'] = [{ ...thinking, thinking: 'Two.' }, use('t1'), use('t2')]),
    /messages\.1\.content\.0: Invalid `signature` in `thinking` block/,
  ],
  [
    'thinking without a signature',
    (b) => (nth(b.messages, 1)['content'] = [{ type: 'thinking', thinking: 'x' }]),
    /messages\.1\.content\.0\.signature: Field required/,
  ],
  [
    'call without its thinking',
    (b) => {
      b.messages.splice(3);
      nth(b.messages, 1)['content'] = [use('t1'), use('t2')];
    },
    /messages\.1\.content\.0\.type: Expected `thinking`/,
  ],
  [
    'small budget',
    (b) => (b['thinking'] = { type: 'enabled', budget_tokens: 10 }),
    /thinking\.budget_tokens: Input should be greater/,
  ],
  ['budget above max_tokens', (b) => (b['max_tokens'] = 1024), /`max_tokens` must be greater than/],
  ['temperature while thinking', (b) => (b['temperature'] = 0.5), /`temperature` may only be set to 1/],
  [
    'tool name with a dot',
    (b) => (b['tools'] = [tool('fs.read', { type: 'object' })]),
    /tools\.0\.name: String should match/,
  ],
  [
    'tool name twice',
    (b) => (b['tools'] = [tool('a', { type: 'object' }), tool('a', { type: 'object' })]),
    /Tool names must be unique/,
  ],
  [
    'schema without a type',
    (b) => (b['tools'] = [tool('a', { properties: {} })]),
    /tools\.0\.custom\.input_schema: JSON schema is invalid/,
  ],
];

describe('Messages bodies', () => {
  it('accepts a whole conversation', () => {
    expect(anthropicProblems(good)).toEqual([]);
  });

  it('accepts neighbours of one role, and results that end the conversation', () => {
    const messages = [{ role: 'user', content: 'First.' }, ...good.messages.slice(0, 3)];
    expect(anthropicProblems({ ...good, messages })).toEqual([]);
  });

  it('accepts calls without thinking where thinking is off or adaptive', () => {
    const messages = [
      good.messages[0],
      { role: 'assistant', content: [use('t1')] },
      { role: 'user', content: [result('t1')] },
    ];
    expect(anthropicProblems({ ...good, messages, thinking: { type: 'adaptive' } })).toEqual([]);
    expect(anthropicProblems({ ...good, messages, thinking: { type: 'disabled' } })).toEqual([]);
  });

  it.each(bad)('refuses: %s', (_name, change, problem) => {
    const body = structuredClone(good) as unknown as Body;
    change(body);
    expect(anthropicProblems(body).join('\n')).toMatch(problem);
  });
});
