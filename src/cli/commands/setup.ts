import { BUILT_IN_PROVIDERS } from '../../model/index.ts';
import { CarrelError, ProviderKind, ProviderName } from '../../protocol/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { note } from '../note.ts';
import { printValue } from '../render/value.ts';
import { findServers, notFound, setUp, writeProvider } from '../set-up.ts';

export async function run(invocation: Invocation): Promise<Exit> {
  const { terminal, options, json } = invocation;
  const name = options.text('provider');
  if (name !== undefined) return writeGiven(invocation, name);
  const alone = OTHERS.find((option) => options.text(option) !== undefined);
  if (alone !== undefined)
    throw new CarrelError('invalid_params', 'say which provider it is for: --provider NAME');
  if (terminal.interactive && !json) return (await setUp(invocation)) ? EXIT.done : EXIT.usage;
  const servers = await findServers();
  if (json) printValue(terminal.out, { servers });
  for (const { name: provider, title, baseUrl, models } of json ? [] : servers) {
    terminal.out.write(`${title} at ${baseUrl}: ${models.join(', ')}\n`);
    const [model = 'MODEL'] = models;
    note(invocation, 'info', `carrel setup --provider ${provider} --base-url ${baseUrl} --model ${model}`);
  }
  if (servers.length > 0) return EXIT.done;
  note(invocation, 'warn', notFound(servers));
  return EXIT.usage;
}

const OTHERS = ['kind', 'baseUrl', 'apiKeyEnv', 'model'];

/** A built-in provider needs nothing but a model; any other says how it is reached. */
function writeGiven(invocation: Invocation, name: string): Exit {
  const { options } = invocation;
  if (!ProviderName.safeParse(name).success) {
    throw new CarrelError(
      'invalid_params',
      `--provider is ${JSON.stringify(name)}: give 1 to 64 letters, digits, "-", "_"; not offline`,
    );
  }
  const baseUrl = options.text('baseUrl');
  const apiKeyEnv = options.text('apiKeyEnv');
  const kind =
    options.choice('kind', ProviderKind.options) ?? (baseUrl === undefined ? undefined : 'openai-compatible');
  const builtIn = Object.hasOwn(BUILT_IN_PROVIDERS, name);
  const plain = kind === undefined && apiKeyEnv === undefined;
  if (plain && !builtIn)
    throw new CarrelError(
      'invalid_params',
      `provider ${name} is new: say where it answers (--base-url) and its --kind`,
    );
  const base = kind === undefined ? BUILT_IN_PROVIDERS[name] : undefined;
  const provider = {
    kind: kind ?? base?.kind,
    ...((baseUrl ?? base?.baseUrl) === undefined ? {} : { baseUrl: baseUrl ?? base?.baseUrl }),
    ...(apiKeyEnv === undefined ? {} : { apiKeyEnv }),
  };
  const model = options.text('model')?.replace(new RegExp(`^${name}/`), '');
  writeProvider(invocation, { name, model, ...(plain ? {} : { provider }) });
  return EXIT.done;
}
