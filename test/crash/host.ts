// The host that is killed, and the one that takes its home afterwards: the same library door, store, tools and model.
import { systemClock } from '../../src/base/index.ts';
import { DEFAULT_SESSION_LIMITS } from '../../src/config/index.ts';
import { openHost, type CreateOptions, type Host, type HostOptions } from '../../src/host/index.ts';
import { createModels } from '../../src/model/index.ts';
import type { Profile } from '../../src/protocol/index.ts';
import { openSqliteStore, type Store } from '../../src/store/index.ts';
import { ledgerTool, type WireKind } from '../../src/testing/index.ts';
import { builtinTools, createTools } from '../../src/tool/index.ts';

/** Where a life takes place; goes to the child as JSON. */
export interface Place {
  readonly home: string;
  readonly folder: string;
  /** Where the tool writes down its runs. */
  readonly ledger: string;
  readonly kind: WireKind;
  readonly model: string;
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** One for all hosts of this process: each has a watcher that outlives its last call by a while. */
const EXEC = builtinTools({ environment: { PATH: process.env['PATH'] } }).filter(
  ({ name }) => name === 'exec',
);

function profileOf({ model }: Place): Profile {
  return {
    name: 'default',
    prompt: 'You are being killed.',
    model: `local/${model}`,
    tools: ['ledger', 'exec'],
    mode: 'full',
    recovery: 'continue',
    continueOnLength: false,
    haltOnDenied: false,
    deny: { tools: [], paths: [] },
    reasoning: 'high',
    limits: DEFAULT_SESSION_LIMITS,
  };
}

/** Opens the home at once: `home_in_use` when it is not free. The host owns the store. */
export async function openHome(
  place: Place,
  change: Partial<Pick<HostOptions, 'limits' | 'tools'>> = {},
): Promise<{ readonly host: Host; readonly store: Store }> {
  const { home, kind, model, baseUrl, apiKey, ledger } = place;
  const local = { name: 'local', kind, baseUrl, apiKey, models: { [model]: { reasoning: true } } };
  const store = await openSqliteStore({ home });
  const host = await openHost({
    store,
    models: createModels({ providers: [local], clock: systemClock }),
    tools: createTools([ledgerTool(ledger), ...EXEC]),
    profiles: new Map([['default', profileOf(place)]]),
    recover: 'all',
    ...change,
  });
  return { host, store };
}

export function sessionIn({ folder }: Place): CreateOptions {
  return { folder, name: 'desk', key: 'the one session of this life' };
}
