import type { LanguageModelV4StreamPart as SdkPart } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { requestOf } from '../../contract.ts';
import type { ModelPart } from '../../port.ts';
import { AnswerParts, reasonOf, usageOf } from './parts.ts';

function translate(parts: readonly SdkPart[], temperature = 0.5): readonly ModelPart[] {
  const answer = new AnswerParts('acme', requestOf('hi', { temperature }));
  for (const part of parts) answer.add(part);
  answer.cutCalls();
  return answer.ready;
}

const signed = (signature: string) => ({ maker: { signature } });

describe('parts of the SDK', () => {
  it('hidden reasoning is kept, as an empty part with its data', () => {
    const parts = translate([
      { type: 'reasoning-start', id: 'r', providerMetadata: { maker: { redacted: 'x' } } },
      { type: 'reasoning-end', id: 'r' },
    ]);
    const options = { maker: { redacted: 'x' } };
    expect(parts).toEqual([
      { type: 'reasoning', index: 0, text: '' },
      { type: 'ended', index: 0, provider: { name: 'acme', data: { options } } },
    ]);
  });

  it('a text of nothing is no part', () => {
    expect(
      translate([
        { type: 'text-start', id: 't' },
        { type: 'text-end', id: 't' },
      ]),
    ).toEqual([]);
  });

  it('data that comes in pieces is one at the end', () => {
    const parts = translate([
      { type: 'reasoning-start', id: 'r', providerMetadata: { maker: { item: 1 } } },
      { type: 'reasoning-delta', id: 'r', delta: 'hm' },
      { type: 'reasoning-delta', id: 'r', delta: '', providerMetadata: signed('s') },
      { type: 'reasoning-end', id: 'r', providerMetadata: { other: { more: true } } },
    ]);
    const options = { maker: { item: 1, signature: 's' }, other: { more: true } };
    expect(parts.at(-1)).toMatchObject({ provider: { data: { options } } });
    expect(parts).toHaveLength(2);
  });

  it('a call that its provider never ended is passed on as far as it came', () => {
    const parts = translate([
      { type: 'tool-input-start', id: 'c1', toolName: 'read' },
      { type: 'tool-input-delta', id: 'c1', delta: '{"path"' },
    ]);
    expect(parts.at(-1)).toEqual({
      type: 'call',
      index: 0,
      tool: 'read',
      args: '{"path"',
      provider: { name: 'acme', data: { id: 'c1' } },
    });
  });

  it('a call that comes at once has its place among the parts', () => {
    const parts = translate([
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta: 'a' },
      { type: 'text-end', id: 't' },
      { type: 'tool-call', toolCallId: 'c1', toolName: 'read', input: '', providerMetadata: signed('s') },
    ]);
    expect(parts.at(-1)).toMatchObject({
      index: 1,
      args: '{}',
      provider: { data: { id: 'c1', options: signed('s') } },
    });
  });

  it('what was changed of the request is told, other warnings are not', () => {
    const parts = translate([
      {
        type: 'stream-start',
        warnings: [
          { type: 'unsupported', feature: 'temperature', details: 'it thinks' },
          { type: 'unsupported', feature: 'topK' },
          { type: 'other', message: 'hm' },
        ],
      },
    ]);
    expect(parts).toEqual([
      { type: 'adjusted', parameter: 'temperature', from: 0.5, to: null, why: 'it thinks' },
    ]);
  });

  it.each([
    ['stop', false, 'stop'],
    ['stop', true, 'calls'],
    ['tool-calls', true, 'calls'],
    ['other', false, 'stop'],
    ['length', true, 'length'],
    ['content-filter', false, 'filter'],
    ['error', false, undefined],
    ['interrupted', true, undefined],
  ] as const)('%s (called: %s) is %s', (unified, called, reason) => {
    expect(reasonOf({ unified, raw: undefined }, called)).toBe(reason);
  });

  it('usage counts what is known', () => {
    const none = { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined };
    const out = { total: 7, text: 5, reasoning: 2 };
    expect(usageOf({ inputTokens: none, outputTokens: out })).toEqual({ input: 0, output: 7, reasoning: 2 });
  });
});
