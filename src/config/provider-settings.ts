// The rows of one provider and of its models.
import { ProviderKind } from '../protocol/index.ts';
import type { Setting } from './setting.ts';

const PLAIN: readonly Setting[] = [
  {
    key: 'kind',
    kind: 'choice',
    project: 'trusted',
    choices: ProviderKind.options,
    meaning: 'What it speaks: Responses, chat completions, Anthropic messages or Gemini.',
  },
  {
    key: 'baseUrl',
    kind: 'text',
    project: 'trusted',
    secret: true,
    form: 'an http or https address without user and password',
    meaning: "Where it is; the kind's own service when left out. Needed for `openai-compatible`.",
  },
  {
    key: 'apiKey',
    kind: 'text',
    project: 'trusted',
    secret: true,
    form: 'a text that is not empty',
    meaning: 'The key itself. Better in the environment.',
  },
  {
    key: 'apiKeyEnv',
    kind: 'text',
    project: 'trusted',
    secret: true,
    form: 'the name of an environment variable, in capitals',
    meaning: 'The environment variable that holds the key.',
  },
  {
    key: 'headers.HEADER',
    kind: 'text',
    project: 'trusted',
    secret: true,
    form: 'a text of one line',
    meaning: 'A header of every request.',
  },
  {
    key: 'requestsPerMinute',
    kind: 'integer',
    project: 'trusted',
    unit: 'requests',
    minimum: 1,
    maximum: 1_000_000,
    meaning:
      'Requests in a minute at most, of all sessions; what its answers say of its limits holds besides.',
  },
  {
    key: 'tokensPerMinute',
    kind: 'integer',
    project: 'trusted',
    unit: 'tokens',
    minimum: 1000,
    maximum: 1_000_000_000,
    meaning: 'Tokens in a minute at most, read and written, of all sessions.',
    reason: 'Less than 1,000 is less than one small request.',
  },
  {
    key: 'models.MODEL.contextTokens',
    kind: 'integer',
    project: 'trusted',
    unit: 'tokens',
    minimum: 1000,
    maximum: 10_000_000,
    meaning: 'Tokens that the model reads.',
    reason: 'Less than 1,000 does not hold a prompt and its tools.',
  },
  {
    key: 'models.MODEL.outputTokens',
    kind: 'integer',
    project: 'trusted',
    unit: 'tokens',
    minimum: 1,
    maximum: 10_000_000,
    meaning: 'Tokens that it writes at most.',
  },
  { key: 'models.MODEL.tools', kind: 'boolean', project: 'trusted', meaning: 'It can call tools.' },
  { key: 'models.MODEL.images', kind: 'boolean', project: 'trusted', meaning: 'It can see images.' },
  {
    key: 'models.MODEL.reasoning',
    kind: 'boolean',
    project: 'trusted',
    meaning: 'It can reason before it answers.',
  },
  {
    key: 'models.MODEL.temperature',
    kind: 'choice',
    project: 'trusted',
    choices: ['free', 'fixed'],
    meaning: '`fixed`: it refuses any temperature but its own, so none is sent.',
  },
];

const RATES: Readonly<Record<string, string>> = {
  input: 'Dollars for a million tokens that it reads.',
  output: 'Dollars for a million tokens that it writes, reasoning among them.',
  cachedInput: "Dollars for a million tokens from the provider's cache; as `input` when left out.",
  cacheWrite: "Dollars for a million tokens written to the provider's cache; as `input` when left out.",
};

const rates = (prefix: string): readonly Setting[] =>
  Object.entries(RATES).map(([name, meaning]) => ({
    key: `models.MODEL.${prefix}.${name}`,
    kind: 'number',
    project: 'trusted',
    unit: 'USD',
    minimum: 0,
    maximum: 1_000_000,
    meaning,
  }));

const PRICE: readonly Setting[] = [
  ...rates('price'),
  {
    key: 'models.MODEL.price.above.tokens',
    kind: 'integer',
    project: 'trusted',
    unit: 'tokens',
    minimum: 1,
    maximum: 10_000_000,
    meaning: 'Requests that send more than this cost what stands beside it, all of them.',
  },
  ...rates('price.above'),
];

export const PROVIDER: readonly Setting[] = [...PLAIN, ...PRICE];
