// Examples of the methods about models, tools and profiles.
import type { EQUIPMENT_METHODS, ParamsOf, ResultOf } from '../../src/protocol/index.ts';
import { DEFAULT_SESSION_LIMITS } from '../../src/config/index.ts';

export interface Example<P, R> {
  readonly params: P;
  readonly result: R;
}

type Examples = {
  readonly [M in keyof typeof EQUIPMENT_METHODS]: Example<ParamsOf<M>, ResultOf<M>>;
};

const folder = '/home/ada/project';
const model = { model: 'local/qwen3', contextTokens: 32_768 };

export const EQUIPMENT_EXAMPLES: Examples = {
  'model/list': {
    params: { folder },
    result: [model, { model: 'openai/gpt-5.4', problem: 'provider openai has no key: set OPENAI_API_KEY' }],
  },
  'model/pick': {
    params: { folder, model: 'auto' },
    result: { ...model, why: 'it is the configured default' },
  },
  'tool/list': {
    params: { folder },
    result: [
      {
        name: 'read',
        description: 'Reads a text file.',
        access: 'read',
        idempotent: true,
        parallel: true,
        parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
      },
    ],
  },
  'profile/list': {
    params: { folder },
    result: [
      {
        name: 'default',
        prompt: 'You help.',
        model: 'auto',
        tools: ['read'],
        mode: 'ask',
        recovery: 'continue',
        continueOnLength: true,
        haltOnDenied: false,
        deny: { tools: [], paths: [] },
        limits: DEFAULT_SESSION_LIMITS,
      },
    ],
  },
  'provider/compare-key': {
    params: { folder, provider: 'openai', salt: '00112233445566778899aabbccddeeff', digest: '0'.repeat(64) },
    result: { key: 'other' },
  },
  'provider/reset': { params: { provider: 'openai' }, result: {} },
};
