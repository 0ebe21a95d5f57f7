// A host in this process: the daemon's, or that of a single command. It holds the home as long as it lasts.
import { openInstructions } from '../config/index.ts';
import { openHost, type Host, type HostOptions } from '../host/index.ts';
import { openSqliteStore } from '../store/index.ts';
import { createTools } from '../tool/index.ts';
import { FolderEquipment, type OnSecrets } from './equipment.ts';
import { heldBy } from './held-by.ts';
import type { Invocation } from './invocation.ts';
import { note } from './note.ts';
import { receiversOf } from './receivers.ts';
import type { Setting } from './setting.ts';

export interface Working extends AsyncDisposable {
  readonly host: Host;
}

type Wishes = Pick<HostOptions, 'recover' | 'observe' | 'onFault'> & { readonly onSecrets?: OnSecrets };

/**
 * What counts for sessions is asked of their folders; the bounds of the host are of `setting`. `home_in_use` while another process
 * holds the home. Dispose it: that stops what runs and lets go of the home.
 */
export async function openWorking(
  invocation: Invocation,
  setting: Setting,
  { onSecrets, ...wishes }: Wishes = {},
): Promise<Working> {
  const { home, config, models, profiles } = setting;
  const equipment = new FolderEquipment(invocation, home, onSecrets);
  const store = await openSqliteStore({ home: home.dataFolder }).catch(async (error: unknown) => {
    throw await heldBy(home, error);
  });
  const host = await openHost({
    store,
    models,
    profiles,
    tools: createTools([]),
    equip: (folder) => equipment.of(folder),
    limits: config.limits,
    recover: 'used',
    receivers: receiversOf(invocation, setting),
    rates: config.providers,
    toolsAtOnce: new Map(
      [...config.tools].flatMap(([name, { atOnce }]) =>
        atOnce === undefined ? [] : [[name, atOnce] as const],
      ),
    ),
    saveGrant: equipment.saveGrant,
    instructions: openInstructions(home, (text) => note(invocation, 'warn', text)),
    onFault: ({ what, error }) => note(invocation, 'warn', `${what}: ${String(error)}`),
    ...wishes,
  });
  const close = async (): Promise<void> => {
    await host.close();
    await equipment[Symbol.asyncDispose]();
  };
  return { host, [Symbol.asyncDispose]: close };
}
