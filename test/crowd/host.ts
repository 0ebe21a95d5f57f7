import { systemClock } from '../../src/base/index.ts';
import { DEFAULT_SESSION_LIMITS } from '../../src/config/index.ts';
import { openHost, type Host } from '../../src/host/index.ts';
import { createModels } from '../../src/model/index.ts';
import type { Profile } from '../../src/protocol/index.ts';
import { openSqliteStore, type Store } from '../../src/store/index.ts';
import { ledgerTool } from '../../src/testing/index.ts';
import { builtinTools, createTools } from '../../src/tool/index.ts';

/** Where the crowd lives; goes to the child as JSON. */
export interface CrowdPlace {
  readonly home: string;
  readonly folder: string;
  readonly ledger: string;
  /** Where the child writes down what it was told. */
  readonly said: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly sessions: number;
}

const PROFILE: Profile = {
  name: 'default',
  prompt: 'You are one of many.',
  model: 'local/qwen3',
  tools: ['ledger', 'exec'],
  mode: 'full',
  recovery: 'continue',
  continueOnLength: false,
  haltOnDenied: false,
  deny: { tools: [], paths: [] },
  limits: DEFAULT_SESSION_LIMITS,
};

export async function openCrowd(place: CrowdPlace): Promise<{ readonly host: Host; readonly store: Store }> {
  const { home, ledger, baseUrl, apiKey } = place;
  const exec = builtinTools({ environment: { PATH: process.env['PATH'] } }).filter(
    ({ name }) => name === 'exec',
  );
  const store = await openSqliteStore({ home });
  const host = await openHost({
    store,
    models: createModels({
      providers: [{ name: 'local', kind: 'openai-compatible', baseUrl, apiKey }],
      clock: systemClock,
    }),
    tools: createTools([ledgerTool(ledger), ...exec]),
    profiles: new Map([
      ['default', PROFILE],
      ['careful', { ...PROFILE, name: 'careful', mode: 'ask' }],
    ]),
    limits: { turns: 64, requestsPerProvider: 64 },
    recover: 'all',
  });
  return { host, store };
}
