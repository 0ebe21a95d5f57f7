// Names of the semantic conventions for generative AI that are used here. They are not stable yet, and the package that has them all
// would be loaded for a dozen texts.

export const GEN_AI = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  model: 'gen_ai.request.model',
  agent: 'gen_ai.agent.name',
  conversation: 'gen_ai.conversation.id',
  reasons: 'gen_ai.response.finish_reasons',
  input: 'gen_ai.usage.input_tokens',
  output: 'gen_ai.usage.output_tokens',
  cached: 'gen_ai.usage.cache_read.input_tokens',
  tool: 'gen_ai.tool.name',
  toolType: 'gen_ai.tool.type',
  call: 'gen_ai.tool.call.id',
  args: 'gen_ai.tool.call.arguments',
  result: 'gen_ai.tool.call.result',
  said: 'gen_ai.input.messages',
  answered: 'gen_ai.output.messages',
  tokenType: 'gen_ai.token.type',
} as const;

export const ERROR_TYPE = 'error.type';

/** Of our own, where the conventions have none. */
export const CARREL = {
  turn: 'carrel.turn.id',
  step: 'carrel.step.id',
  attempt: 'carrel.attempt',
  firstMs: 'carrel.first_part_ms',
  outcome: 'carrel.outcome',
} as const;

/** What the conventions call the providers of our built-in names; another has the name of its configuration. */
const PROVIDERS: Readonly<Record<string, string>> = { google: 'gcp.gemini' };

export function providerName(name: string): string {
  return PROVIDERS[name] ?? name;
}
