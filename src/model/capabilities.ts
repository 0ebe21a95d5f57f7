// What is known of models by name. It is advice for context budgets and parameters, and configuration overrides it.
import type { ModelConfig } from '../protocol/index.ts';
import { catalogued, windowOf } from './catalogue.ts';
import type { ModelCapabilities } from './port.ts';

/** Nothing is known: tools are offered, as an agent is of no use without; everything else must be configured. */
const UNKNOWN: ModelCapabilities = { tools: true, images: false, reasoning: false, temperature: 'free' };

type Known = Partial<Omit<ModelCapabilities, 'price'>>;

const SEES_AND_REASONS: Known = { images: true, reasoning: true };

/**
 * What the models of a family have in common, and the window of those that are not in the catalogue. By the last segment of the
 * model's name, first match wins, whoever serves it.
 */
const FAMILIES: readonly (readonly [pattern: RegExp, known: Known])[] = [
  [/^gpt-5[\w.]*-chat/, { images: true, contextTokens: 128_000, outputTokens: 16_384 }],
  [
    /^gpt-([5-9]|\d\d)/,
    { ...SEES_AND_REASONS, contextTokens: 400_000, outputTokens: 128_000, temperature: 'fixed' },
  ],
  [/^o\d/, { ...SEES_AND_REASONS, contextTokens: 200_000, outputTokens: 100_000, temperature: 'fixed' }],
  [/^gpt-4\.1/, { images: true, contextTokens: 1_047_576, outputTokens: 32_768 }],
  [/^gpt-4o/, { images: true, contextTokens: 128_000, outputTokens: 16_384 }],
  [/^gpt-oss/, { reasoning: true, contextTokens: 131_072 }],
  [/^claude-3-[^7]/, { images: true, contextTokens: 200_000, outputTokens: 8192 }],
  [/^claude-opus-4-[01]/, { ...SEES_AND_REASONS, contextTokens: 200_000, outputTokens: 32_000 }],
  [/^claude/, { ...SEES_AND_REASONS, contextTokens: 200_000, outputTokens: 64_000 }],
  [/^gemini/, { ...SEES_AND_REASONS, contextTokens: 1_048_576, outputTokens: 65_536 }],
  [/^kimi/, { reasoning: true, contextTokens: 262_144 }],
  [/^glm-[45]/, { reasoning: true, contextTokens: 131_072 }],
  [/^deepseek/, { reasoning: true, contextTokens: 131_072 }],
  [/^grok/, { ...SEES_AND_REASONS, contextTokens: 256_000 }],
];

/**
 * What the model `name` (without its provider) can do and costs: what is configured, else what the catalogue or its family says,
 * else the defaults. Only of a known `service` is the price known.
 */
export function capabilitiesOf(
  name: string,
  configured: ModelConfig = {},
  service?: string,
): ModelCapabilities {
  const bare = name.slice(name.lastIndexOf('/') + 1).toLowerCase();
  const family = FAMILIES.find(([pattern]) => pattern.test(bare))?.[1];
  const said = Object.fromEntries(Object.entries(configured).filter(([, value]) => value !== undefined));
  const entry = service === undefined ? undefined : catalogued(service, bare);
  return { ...UNKNOWN, ...family, ...windowOf(bare), ...entry, ...said };
}
