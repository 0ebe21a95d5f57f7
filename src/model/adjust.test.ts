import { describe, expect, it } from 'vitest';
import type { Message } from '../protocol/index.ts';
import { adjust } from './adjust.ts';
import { capabilitiesOf } from './capabilities.ts';
import { requestOf } from './contract.ts';
import { fitThinking } from './providers/thinking.ts';

const model = (name: string, configured = {}) => ({
  id: `p/${name}`,
  capabilities: capabilitiesOf(name, configured),
});
const image = { name: 'a.png', mediaType: 'image/png', blob: 'b', bytes: 1 };

describe('capabilities', () => {
  it.each([
    ['gpt-5.4', { temperature: 'fixed', reasoning: true, images: true }],
    ['gpt-5.1-chat-latest', { temperature: 'free', reasoning: false }],
    ['o3-mini', { temperature: 'fixed' }],
    ['gpt-4o', { temperature: 'free', images: true, contextTokens: 128_000 }],
    ['anthropic/claude-opus-4-1', { outputTokens: 32_000 }],
    ['llama3:8b', { tools: true, images: false, reasoning: false, temperature: 'free' }],
  ])('%s', (name, expected) => {
    expect(capabilitiesOf(name)).toMatchObject(expected);
  });

  it('believe the configuration first', () => {
    const capabilities = capabilitiesOf('gpt-5', {
      temperature: 'free',
      tools: undefined,
      contextTokens: 9000,
    });
    expect(capabilities).toMatchObject({ temperature: 'free', tools: true, contextTokens: 9000 });
  });
});

describe('adjust', () => {
  it('changes nothing that the model takes', () => {
    const request = requestOf('hi', { temperature: 0.5, maxOutputTokens: 100, reasoning: 'low' });
    expect(adjust(request, model('claude-sonnet-5'))).toEqual({ request, adjusted: [] });
  });

  it.each([
    [{ temperature: 0.5 }, 'gpt-5', 'temperature', null],
    [{ reasoning: 'high' as const }, 'llama3', 'reasoning', null],
    [{ maxOutputTokens: 50_000 }, 'gpt-4o', 'maxOutputTokens', 16_384],
  ])('%o for %s', (asked, name, parameter, to) => {
    const { request, adjusted } = adjust(requestOf('hi', asked), model(name));
    expect(adjusted).toMatchObject([{ type: 'adjusted', parameter, to }]);
    expect(request).toMatchObject(to === null ? {} : { [parameter]: to });
    expect(Object.keys(request).includes(parameter)).toBe(to !== null);
  });

  it('leaves out tools and images that the model cannot take, and says so', () => {
    const messages: readonly Message[] = [{ role: 'user', parts: [{ type: 'file', file: image }] }];
    const tools = [{ name: 'read', description: '', parameters: {} }];
    const { request, adjusted } = adjust(requestOf('', { messages, tools }), model('tiny', { tools: false }));
    expect(adjusted.map(({ parameter }) => parameter)).toEqual(['tools', 'images']);
    expect(request.tools).toEqual([]);
    expect(request.messages).toEqual([
      { role: 'user', parts: [{ type: 'text', text: '[image a.png: left out, you cannot see images]' }] },
    ]);
  });
});

describe('thinking inside a chain of calls', () => {
  const call = { type: 'call', call: 'cal_1', tool: 'read', args: {} } as const;
  const result = { type: 'result', call: 'cal_1', tool: 'read', ok: true, text: '' } as const;
  const chain = (...first: Extract<Message, { role: 'assistant' }>['parts']): readonly Message[] => [
    { role: 'assistant', parts: [...first, call] },
    { role: 'tool', parts: [result] },
  ];
  const thought = (name: string) =>
    ({ type: 'reasoning', text: 'hm', provider: { name, data: {} } }) as const;
  const fit = (messages: readonly Message[]) =>
    fitThinking({ request: requestOf('', { messages, reasoning: 'low' }), adjusted: [] }, 'mine');

  it.each([
    ['begun with its own', chain(thought('mine')), 'low'],
    ['begun with another', chain(thought('other')), undefined],
    ['begun without', chain(), undefined],
    ['over', [...chain(), { role: 'user', parts: [] } as const], 'low'],
  ])('%s', (_, messages, expected) => {
    const { request, adjusted } = fit(messages);
    expect(request.reasoning).toBe(expected);
    expect(adjusted).toHaveLength(expected === undefined ? 1 : 0);
  });
});
