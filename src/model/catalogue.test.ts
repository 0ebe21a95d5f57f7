import { describe, expect, it, test } from 'vitest';
import { Price } from '../protocol/index.ts';
import { capabilitiesOf } from './capabilities.ts';
import { CATALOGUE } from './catalogue.ts';
import { BUILT_IN_PROVIDERS, serviceOf } from './services.ts';

const ROWS = Object.entries(CATALOGUE).flatMap(([service, { models }]) =>
  Object.entries(models).map(([name, model]) => ({ service, name, model })),
);

test.each(Object.entries(CATALOGUE))(
  '%s is a service that can be named, and says where from and when',
  (name, service) => {
    expect(Object.keys(BUILT_IN_PROVIDERS)).toContain(name);
    expect(service.pricing).toMatch(/^https:/);
    expect(service.takenOn).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  },
);

test.each(ROWS)('$service/$name makes sense', ({ service, name, model }) => {
  const { contextTokens = 0, outputTokens = 1, price } = model;
  expect(Price.parse(price)).toEqual(price);
  expect(contextTokens).toBeGreaterThan(outputTokens);
  expect(price?.output).toBeGreaterThanOrEqual(price?.input ?? Infinity);
  expect(price?.cachedInput ?? 0).toBeLessThan(price?.input ?? 0);
  expect(price?.above?.input ?? Infinity).toBeGreaterThan(price?.input ?? 0);
  expect(capabilitiesOf(name, {}, service)).toMatchObject(model);
});

/** A router's price is that of whom it asks; DeepSeek's old name stands for whichever model is newest. */
const UNPRICED = ['openrouter', 'deepseek'];

test.each(Object.entries(BUILT_IN_PROVIDERS).filter(([name]) => !UNPRICED.includes(name)))(
  'the default model of %s has a price',
  (name, provider) => {
    expect(capabilitiesOf(provider.defaultModel, {}, serviceOf(provider) ?? name).price).toBeDefined();
  },
);

describe('a price', () => {
  const price = { input: 2, output: 10, cachedInput: 0.2, cacheWrite: 2.5 };

  it.each(['claude-sonnet-5', 'claude-sonnet-5-20260630', 'claude-sonnet-5-latest'])(
    'holds for %s',
    (name) => {
      expect(capabilitiesOf(name, {}, 'anthropic').price).toEqual(price);
    },
  );

  it.each([
    ['claude-sonnet-5', 'openrouter'],
    ['claude-sonnet-5', undefined],
    ['claude-sonnet-9', 'anthropic'],
    ['claude-sonnet-5-fast', 'anthropic'],
    ['constructor', 'anthropic'],
    ['gpt-5.4', 'anthropic'],
  ])('of %s at %s is unknown', (name, service) => {
    expect(capabilitiesOf(name, {}, service).price).toBeUndefined();
  });

  it('is what the configuration says, all of it, whoever is asked', () => {
    const own = { price: { input: 0, output: 0 } };
    expect(capabilitiesOf('claude-sonnet-5', own, 'anthropic').price).toEqual(own.price);
    expect(capabilitiesOf('qwen3', own).price).toEqual(own.price);
  });
});

it('a window is that of the model, whoever serves it', () => {
  const elsewhere = capabilitiesOf('anthropic/claude-sonnet-5', {}, 'openrouter');
  expect(elsewhere).toMatchObject({ contextTokens: 1_000_000, outputTokens: 128_000 });
});

test.each([
  [{ kind: 'anthropic' }, 'anthropic'],
  [{ kind: 'anthropic', baseUrl: 'https://api.anthropic.com/v1/' }, 'anthropic'],
  [{ kind: 'anthropic', baseUrl: 'https://gateway.example/v1' }, undefined],
  [{ kind: 'openai-compatible', baseUrl: 'https://api.groq.com/openai/v1' }, 'groq'],
  [{ kind: 'openai-compatible', baseUrl: 'https://api.openai.com/v1' }, undefined],
  [{ kind: 'openai-compatible' }, undefined],
] as const)('the service of %j is %s', (provider, service) => {
  expect(serviceOf(provider)).toBe(service);
});
