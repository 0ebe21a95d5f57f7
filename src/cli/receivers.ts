// Where notifications go, from the configuration and the environment.
import { systemClock } from '../base/index.ts';
import { commandReceiver, ntfyReceiver, webhookReceiver, type Receiver } from '../host/index.ts';
import { NotificationKind, type NotifyConfig } from '../protocol/index.ts';
import { commandEnvironment } from '../tool/index.ts';
import type { Invocation } from './invocation.ts';
import { note } from './note.ts';
import { secretNames, type Setting } from './setting.ts';

/** Those that can be used; of the others a note says what they lack. */
export function receiversOf(invocation: Invocation, setting: Setting): readonly Receiver[] {
  return [...setting.config.notify].flatMap(([name, config]) => {
    const receiver = receiverOf(invocation, setting, { name, config });
    if (receiver !== undefined) return [receiver];
    note(
      invocation,
      'warn',
      `notify.${name} is left out: its secret is not set (${config.secretEnv ?? 'secret'})`,
    );
    return [];
  });
}

function receiverOf(
  { env }: Invocation,
  setting: Setting,
  { name, config }: { readonly name: string; readonly config: NotifyConfig },
): Receiver | undefined {
  const { kind, on = NotificationKind.options, url = '', secretEnv, command = [] } = config;
  const secret = config.secret ?? (secretEnv === undefined ? undefined : env[secretEnv]);
  const common = { name, kinds: on, clock: systemClock };
  if (kind === 'command')
    return commandReceiver({ ...common, command, environment: commandEnvironment(env, secretsOf(setting)) });
  if (kind === 'ntfy')
    return ntfyReceiver({ ...common, url, ...(secret === undefined ? {} : { token: secret }) });
  return secret === undefined ? undefined : webhookReceiver({ ...common, url, secret });
}

function secretsOf(setting: Setting): readonly string[] {
  const own = [...setting.config.notify.values()].flatMap(({ secretEnv }) => secretEnv ?? []);
  return [...secretNames(setting), ...own];
}
