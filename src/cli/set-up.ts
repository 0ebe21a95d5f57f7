// Finding model servers on this machine and writing one into the configuration. Nothing is guessed: what answers is shown.
import { editConfig, type ConfigChange } from '../config/index.ts';
import { LOCAL_SERVERS, probeServer, type LocalServer } from '../model/index.ts';
import { homeOf } from './home.ts';
import type { Invocation } from './invocation.ts';
import { note } from './note.ts';
import { report } from './report.ts';

/** A server on this machine answers at once or is not there. */
const PROBE_MS = 1500;

export interface FoundServer extends LocalServer {
  readonly models: readonly string[];
}

/** The local servers that answer, in their fixed order. */
export async function findServers(): Promise<FoundServer[]> {
  const probed = await Promise.all(
    LOCAL_SERVERS.map(async (server) => {
      const probe = await probeServer(server.baseUrl, { signal: AbortSignal.timeout(PROBE_MS) });
      return probe.ok ? [{ ...server, models: probe.models }] : [];
    }),
  );
  return probed.flat();
}

/** Asks which of the found models to use and writes it. False when nothing was written. */
export async function setUp(invocation: Invocation): Promise<boolean> {
  const { terminal } = invocation;
  const servers = await findServers();
  const choices = servers.flatMap((server) => server.models.map((model) => ({ server, model })));
  if (choices.length === 0) {
    note(invocation, 'info', notFound(servers));
    return false;
  }
  for (const [index, { server, model }] of choices.entries()) {
    terminal.err.write(
      `  ${String(index + 1).padStart(2)}  ${server.name}/${model}   ${server.title} at ${server.baseUrl}\n`,
    );
  }
  const answer = await terminal.ask('use which (number, nothing to leave): ', terminal.gone);
  const chosen = choices[Number(answer?.trim() === '' ? Number.NaN : answer) - 1];
  if (chosen === undefined) return false;
  const { name, baseUrl } = chosen.server;
  writeProvider(invocation, { name, provider: { kind: 'openai-compatible', baseUrl }, model: chosen.model });
  return true;
}

export function notFound(servers: readonly FoundServer[]): string {
  if (servers.length > 0)
    return `${servers.map(({ title }) => title).join(', ')} answers but serves no model: load one there`;
  const tried = LOCAL_SERVERS.map(({ title, baseUrl }) => `${title} (${baseUrl})`).join(', ');
  return `no local model server answered; tried ${tried}. Start one, or name another: carrel setup --provider NAME --base-url URL --model MODEL`;
}

export interface ProviderChange {
  readonly name: string;
  /** Left out when it is built in or configured already. */
  readonly provider?: object;
  /** The default model from now on, without the provider. */
  readonly model?: string | undefined;
}

/** Writes it to the home's configuration. `invalid_params` when the result would not be valid; the old file stands then. */
export function writeProvider(invocation: Invocation, { name, provider, model }: ProviderChange): void {
  const home = homeOf(invocation);
  const changes: ConfigChange[] = [
    ...(provider === undefined ? [] : [{ key: `providers.${name}`, value: provider }]),
    ...(model === undefined ? [] : [{ key: 'model', value: `${name}/${model}` }]),
  ];
  editConfig(home, changes);
  const what = model === undefined ? `provider ${name}` : `${name}/${model} as its model`;
  report(invocation, `${home.config} now has ${what}`, {
    file: home.config,
    provider: name,
    model: model ?? null,
  });
}
