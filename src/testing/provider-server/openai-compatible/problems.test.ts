import { describe, expect, it } from 'vitest';
import { nth } from '../fixtures.ts';
import { chatProblems } from './problems.ts';

const call = (id: string, args = '{"path":"a"}'): object => ({
  id,
  type: 'function',
  function: { name: 'read', arguments: args },
});
const tool = (name: string, parameters: unknown): object => ({
  type: 'function',
  function: { name, parameters },
});

const good = {
  model: 'm',
  stream: true,
  stream_options: { include_usage: true },
  temperature: 0.5,
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'Read a and b.' }] },
    {
      role: 'assistant',
      content: null,
      reasoning_content: 'Two files.',
      tool_calls: [call('c1'), call('c2')],
    },
    { role: 'tool', tool_call_id: 'c2', content: 'B' },
    { role: 'tool', tool_call_id: 'c1', content: '' },
    { role: 'assistant', content: 'A and B.' },
    { role: 'user', content: 'Thanks.' },
  ],
  tools: [tool('read', { type: 'object', properties: { path: { type: 'string' } } })],
};
type Body = Record<string, unknown> & { messages: Record<string, unknown>[] };

const bad: readonly (readonly [string, (body: Body) => void, RegExp])[] = [
  ['no model', (b) => delete b['model'], /Missing required parameter: 'model'/],
  [
    'temperature as text',
    (b) => (b['temperature'] = 'hot'),
    /Invalid type for 'temperature': expected number/,
  ],
  ['no messages', (b) => (b.messages = []), /Invalid value for 'messages'/],
  ['unknown role', (b) => (nth(b.messages, 1)['role'] = 'human'), /Invalid value for 'messages\[1\]\.role'/],
  ['content of a wrong type', (b) => (nth(b.messages, 6)['content'] = 7), /'messages\[6\]\.content'/],
  [
    'part of a wrong type',
    (b) => (nth(b.messages, 1)['content'] = [{ type: 'text', text: 7 }]),
    /'messages\[1\]\.content\[0\]\.text'/,
  ],
  [
    'empty message',
    (b) => (nth(b.messages, 6)['content'] = ''),
    /position 6 with role 'user' must not be empty/,
  ],
  [
    'empty list',
    (b) => (nth(b.messages, 1)['content'] = []),
    /position 1 with role 'user' must not be empty/,
  ],
  [
    'empty text part',
    (b) => (nth(b.messages, 1)['content'] = [{ type: 'text', text: '' }]),
    /position 1 has an empty text part/,
  ],
  [
    'assistant with nothing',
    (b) => (nth(b.messages, 5)['content'] = null),
    /position 5 with role 'assistant' must not be empty/,
  ],
  ['call without a result', (b) => b.messages.splice(4, 1), /did not have response messages: c1$/],
  ['calls without results at the end', (b) => b.messages.splice(3), /did not have response messages: c1, c2/],
  [
    'result without its call',
    (b) => (nth(b.messages, 3)['tool_call_id'] = 'c9'),
    /messages\[3\] with role 'tool' must be a response/,
  ],
  [
    'result twice',
    (b) => b.messages.splice(5, 0, { role: 'tool', tool_call_id: 'c1', content: '' }),
    /messages\[5\] with role 'tool'/,
  ],
  [
    'result too late',
    (b) => b.messages.push({ role: 'tool', tool_call_id: 'c1', content: '' }),
    /messages\[7\] with role 'tool'/,
  ],
  [
    'same call id twice',
    (b) => (nth(b.messages, 2)['tool_calls'] = [call('c1'), call('c1')]),
    /Duplicate value for 'tool_call_id' of 'c1'/,
  ],
  [
    'arguments that are not JSON',
    (b) => (nth(b.messages, 2)['tool_calls'] = [call('c1', '{"pa'), call('c2')]),
    /arguments': not a JSON object/,
  ],
  [
    'arguments that are no object',
    (b) => (nth(b.messages, 2)['tool_calls'] = [call('c1', '[]'), call('c2')]),
    /arguments': not a JSON object/,
  ],
  ['ends with the assistant', (b) => b.messages.pop(), /Expected last role User or Tool .* got assistant/],
  [
    'tool name with a space',
    (b) => (b['tools'] = [tool('read file', { type: 'object' })]),
    /'tools\[0\]\.function\.name'/,
  ],
  [
    'tool name twice',
    (b) => (b['tools'] = [tool('a', { type: 'object' }), tool('a', { type: 'object' })]),
    /'a' is defined twice/,
  ],
  [
    'schema of a list',
    (b) => (b['tools'] = [tool('a', { type: 'array' })]),
    /Invalid schema for function 'a'/,
  ],
  [
    'broken schema',
    (b) => (b['tools'] = [tool('a', { type: 'object', properties: 3 })]),
    /Invalid schema for function 'a'/,
  ],
];

describe('chat completions bodies', () => {
  it('accepts a whole conversation', () => {
    expect(chatProblems(good)).toEqual([]);
  });

  it('accepts a conversation that ends with a result, and fields of other servers', () => {
    expect(chatProblems({ ...good, messages: good.messages.slice(0, 5), enable_thinking: true })).toEqual([]);
  });

  it.each(bad)('refuses: %s', (_name, change, problem) => {
    const body = structuredClone(good) as unknown as Body;
    change(body);
    expect(chatProblems(body).join('\n')).toMatch(problem);
  });

  it.each([[undefined], [null], ['text'], [[]]])('refuses %j', (body) => {
    expect(chatProblems(body)).not.toEqual([]);
  });
});
