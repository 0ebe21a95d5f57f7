// A host in this process: the only way that anything is changed. It holds the home as long as the command lasts.
import { configuredGrants, openGrants } from '../config/index.ts';
import { openHost, type Host, type HostOptions, type SessionHandle } from '../host/index.ts';
import type { SessionSummary } from '../protocol/index.ts';
import { openSqliteStore, type Store } from '../store/index.ts';
import { createTools } from '../tool/index.ts';
import { findSession } from './addressing.ts';
import { heldBy } from './held-by.ts';
import type { Invocation } from './invocation.ts';
import { note } from './note.ts';
import { listerOf, openReading } from './reading.ts';
import { loadSetting, type Setting } from './setting.ts';
import { openToolSet } from './tool-set.ts';

export interface Working extends AsyncDisposable {
  readonly host: Host;
  readonly store: Store;
}

/** `home_in_use` while another process holds the home. Dispose it: that stops what runs and lets go of the home. */
export async function openWorking(
  invocation: Invocation,
  setting: Setting,
  wishes: Pick<HostOptions, 'recover' | 'observe' | 'onFault'> = {},
): Promise<Working> {
  const { home, config, models, profiles } = setting;
  for (const text of config.notices) note(invocation, 'warn', text);
  const grants = openGrants(home, (text) => note(invocation, 'warn', text));
  const store = await openSqliteStore({ home: home.dataFolder }).catch(async (error: unknown) => {
    throw await heldBy(home, error);
  });
  const set = await openToolSet(invocation, setting);
  for (const { module, message } of set.problems) note(invocation, 'warn', `${module}: ${message}`);
  const host = await openHost({
    store,
    models,
    profiles,
    tools: createTools(set.tools),
    limits: config.limits,
    recover: 'used',
    rates: config.providers,
    toolsAtOnce: new Map(
      [...config.tools].flatMap(([name, { atOnce }]) =>
        atOnce === undefined ? [] : [[name, atOnce] as const],
      ),
    ),
    grants: () => [...configuredGrants(config), ...grants.list()],
    saveGrant: (grant) => grants.add(grant),
    onFault: ({ what, error }) => note(invocation, 'warn', `${what}: ${String(error)}`),
    ...wishes,
  });
  const close = async (): Promise<void> => {
    await host.close();
    await set[Symbol.asyncDispose]();
  };
  return { host, store, [Symbol.asyncDispose]: close };
}

export interface WorkingSession extends Working {
  readonly row: SessionSummary;
  readonly session: SessionHandle;
}

/**
 * The session that the first argument names, ready for commands. It is looked up, and with `forTurn` its model too, before
 * the home is taken: whoever cannot go on changes nothing.
 */
export async function openWorkingSession(
  invocation: Invocation,
  { forTurn = false }: { readonly forTurn?: boolean } = {},
): Promise<WorkingSession> {
  const row = await findRow(invocation);
  const setting = loadSetting(invocation, row.folder);
  if (forTurn) await setting.models.resolve(row.model);
  const working = await openWorking(invocation, setting);
  try {
    return { ...working, row, session: await working.host.session(row.session) };
  } catch (error) {
    await working[Symbol.asyncDispose]();
    throw error;
  }
}

async function findRow(invocation: Invocation): Promise<SessionSummary> {
  await using reading = await openReading(invocation);
  return await findSession(listerOf(reading.reader), invocation.args[0] ?? '', invocation.folder);
}
