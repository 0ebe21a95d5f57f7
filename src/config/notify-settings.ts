// The rows of one receiver of notifications. They are the home's alone: an address or a command of a project would learn of every session.
import { NotificationKind } from '../protocol/index.ts';
import type { Setting } from './setting.ts';

export const NOTIFY: readonly Setting[] = [
  {
    key: 'kind',
    kind: 'choice',
    project: 'never',
    choices: ['webhook', 'ntfy', 'command'],
    meaning: 'A signed POST, a message to a topic of ntfy, or a command that reads JSON.',
  },
  {
    key: 'on',
    kind: 'list',
    project: 'never',
    default: NotificationKind.options,
    form: `a list of ${NotificationKind.options.join(', ')}`,
    meaning: 'What it is told of.',
  },
  {
    key: 'url',
    kind: 'text',
    project: 'never',
    secret: true,
    form: 'an http or https address without user and password',
    meaning: 'Of the webhook or the topic. Redirects are not followed; private addresses are allowed.',
  },
  {
    key: 'secret',
    kind: 'text',
    project: 'never',
    secret: true,
    form: 'a text of at least 16 characters',
    meaning: 'Signs a webhook; the token of ntfy. Better in the environment.',
    reason: 'A short one can be guessed from a body and its signature.',
  },
  {
    key: 'secretEnv',
    kind: 'text',
    project: 'never',
    secret: true,
    form: 'the name of an environment variable, in capitals',
    meaning: 'The environment variable that holds the secret.',
  },
  {
    key: 'command',
    kind: 'list',
    project: 'never',
    form: 'a list of texts: the program and its arguments',
    meaning: 'Run without a shell, with the notification as JSON on its input; 0 means that it was taken.',
  },
];
