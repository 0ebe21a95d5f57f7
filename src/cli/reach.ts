// The host that does what a command asks for: the daemon of this home, which is started by the first command that needs it, or one in
// this process. Commands see a client and need not know which.
import { systemClock, systemRandom } from '../base/index.ts';
import { Client } from '../client/index.ts';
import { connectHome } from '../client/node/index.ts';
import { nearLink } from '../host/index.ts';
import { CarrelError, codeOf } from '../protocol/index.ts';
import type { Invocation } from './invocation.ts';
import { refuseOtherKey } from './keys.ts';
import { MANIFEST } from './manifest.ts';
import { note } from './note.ts';
import { pickModel, type PickedModel, type Setting } from './setting.ts';
import { refuseOtherVersion } from './versions.ts';
import { wayOf } from './way.ts';
import { openWorking, type Working } from './working.ts';

/** How long a command waits for a daemon that was lost: longer than it takes to be restarted. */
const GIVE_UP_MS = 30_000;

export interface Reach extends AsyncDisposable {
  /** Whether what is begun goes on when this command ends. */
  readonly goesOn: boolean;
  /** The model that a name stands for in the folder of the setting, as the host sees it. `model_unavailable` before anything is written. */
  pick(model: string): Promise<PickedModel>;
  /** Opens what is not open yet. `home_in_use` where another process works by itself. */
  client(): Promise<Client>;
}

/** `host_unavailable` when only a daemon that runs is wanted and none does; `version_mismatch` for one of another version. */
export async function openReach(invocation: Invocation, setting: Setting): Promise<Reach> {
  for (const text of setting.config.notices) note(invocation, 'warn', text);
  const way = wayOf(invocation, setting.config);
  if (way === 'off') return new NearReach(invocation, setting);
  const running = await connectRunning(invocation, setting);
  if (running === undefined && way === 'use') throw noneRuns(setting);
  return new DaemonReach(invocation, setting, running);
}

/** The daemon, if one runs and answers. */
export async function connectRunning(
  invocation: Invocation,
  { home }: Pick<Setting, 'home'>,
): Promise<Client | undefined> {
  try {
    return await connect(invocation, home.dataFolder);
  } catch (error) {
    if (codeOf(error) === 'host_unavailable') return undefined;
    throw error;
  }
}

async function connect(invocation: Invocation, home: string, start?: () => Promise<void>): Promise<Client> {
  await refuseOtherVersion(invocation, home);
  return connectHome({
    home,
    client: { name: 'carrel', version: MANIFEST.version },
    giveUpAfterMs: GIVE_UP_MS,
    ...(start === undefined ? {} : { start }),
  });
}

/** The host of one command: whoever holds the home keeps it out. */
class NearReach implements Reach {
  readonly goesOn = false;
  readonly #invocation: Invocation;
  readonly #setting: Setting;
  #opened: { readonly working: Working; readonly client: Client } | undefined;

  constructor(invocation: Invocation, setting: Setting) {
    this.#invocation = invocation;
    this.#setting = setting;
  }

  pick(model: string): Promise<PickedModel> {
    return pickModel(this.#setting, model);
  }

  async client(): Promise<Client> {
    if (this.#opened !== undefined) return this.#opened.client;
    const working = await openWorking(this.#invocation, this.#setting);
    const client = new Client(nearLink(working.host, { clock: systemClock, random: systemRandom }));
    this.#opened = { working, client };
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened?.client.close();
    await this.#opened?.working[Symbol.asyncDispose]();
  }
}

class DaemonReach implements Reach {
  readonly goesOn = true;
  readonly #invocation: Invocation;
  readonly #setting: Setting;
  #client: Client | undefined;

  constructor(invocation: Invocation, setting: Setting, running: Client | undefined) {
    this.#invocation = invocation;
    this.#setting = setting;
    this.#client = running;
  }

  /** Where no daemon runs, this process says what the one will see that it is about to start. */
  async pick(model: string): Promise<PickedModel> {
    const client = this.#client;
    if (client === undefined) return pickModel(this.#setting, model);
    const { folder } = this.#setting;
    const {
      model: id,
      why,
      price,
    } = await client.link
      .call('model/pick', { folder, model })
      .catch((error: unknown) => this.#explain(client, model, error));
    await refuseOtherKey(client, this.#setting, id);
    return { id, ...(why === undefined ? {} : { why }), ...(price === undefined ? {} : { price }) };
  }

  async client(): Promise<Client> {
    this.#client ??= await this.#start();
    return this.#client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.close();
  }

  async #start(): Promise<Client> {
    const { home } = this.#setting;
    const start = async (): Promise<void> => {
      const { lastingEnvironment, startDaemon } = await import('./daemon-process.ts');
      const env = lastingEnvironment(this.#invocation.env);
      const { pid } = await startDaemon({ env }, home, []);
      note(this.#invocation, 'info', `the daemon was started (process ${String(pid)})`);
    };
    return connect(this.#invocation, home.dataFolder, start);
  }

  /** Where a model can be asked from here and not from there, a key is missing there. */
  async #explain(client: Client, model: string, error: unknown): Promise<never> {
    const here = await pickModel(this.#setting, model).catch(() => undefined);
    if (here !== undefined) await refuseOtherKey(client, this.#setting, here.id);
    throw error;
  }
}

function noneRuns({ home }: Setting): CarrelError {
  const message = `no daemon serves the home ${home.dataFolder}, and none is to be started: carrel daemon start starts one, --local works without`;
  return new CarrelError('host_unavailable', message, { data: { home: home.dataFolder } });
}
