// Every command of the command line, as data. Without Zod, which takes a third of the start of a command that only reads.
import type { SessionSummary } from '../protocol/index.ts';
import { DAEMON_COMMANDS } from './daemon-specs.ts';
import type { CommandSpec } from './invocation.ts';
import { DETACH, JSON_LINES, JSON_VALUE, REACH, SESSION, SETUP, TIMEOUT } from './spec-options.ts';

export const STATUSES: readonly SessionSummary['status'][] = [
  'idle',
  'running',
  'waiting',
  'paused',
  'failed',
  'archived',
];

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'run',
    summary: 'give an agent a prompt and stream its answer',
    args: [{ name: '[prompt]', summary: 'what to do; piped input is appended (at most 10 MB)' }],
    options: [
      {
        flags: '-s, --session <name>',
        summary: 'continue the session of this name in this folder, or begin it',
      },
      { flags: '-c, --continue', summary: 'continue the newest session of this folder, or begin one' },
      ...SETUP,
      { flags: '--title <title>', summary: 'the title of a new session' },
      { flags: '--tag <key=value>', summary: 'tag a new session; may be repeated', repeatable: true },
      TIMEOUT,
      {
        flags: '--budget <usd>',
        summary: 'dollars that a new session, and all that it starts, may cost; a hard stop (exit 3)',
      },
      DETACH,
      ...REACH,
      JSON_LINES,
    ],
    details:
      'Without a terminal a call that needs an approval is recorded, the exit code is 4, and `carrel approve` goes on.\nExit: 0 done, 1 failed, 2 usage or no model, 3 refused, 4 waiting for an approval, 130 cancelled.',
    load: () => import('./commands/run.ts'),
  },
  {
    name: 'list',
    summary: 'list sessions, newest activity first',
    options: [
      { flags: '-a, --all', summary: 'every folder, archived ones too' },
      { flags: '--status <status>', summary: 'only this status', choices: STATUSES },
      { flags: '--waiting', summary: 'only sessions with a call that waits for an approval' },
      { flags: '--search <text>', summary: 'part of a name or title' },
      {
        flags: '--tag <key=value>',
        summary: 'only with this tag; may be repeated, for all of them',
        repeatable: true,
      },
      { flags: '--limit <count>', summary: 'rows at most (default 50)' },
      { flags: '--cwd <folder>', summary: 'sessions of this folder' },
      JSON_VALUE,
    ],
    load: () => import('./commands/list.ts'),
  },
  {
    name: 'show',
    summary: 'show one session and its last messages',
    args: [SESSION],
    options: [{ flags: '-n, --last <count>', summary: 'messages at most (default 10)' }, JSON_VALUE],
    load: () => import('./commands/show.ts'),
  },
  {
    name: 'context',
    summary: 'show what the context of a session costs, part by part, and what is still in it',
    args: [SESSION],
    options: [
      { flags: '-n, --last <count>', summary: 'parts of messages at most (default 20)' },
      { flags: '--before <seq>', summary: 'only parts below this event' },
      JSON_VALUE,
    ],
    load: () => import('./commands/context.ts'),
  },
  {
    name: 'compact',
    summary: 'sum up the older part of a conversation now, to save room; the journal keeps it',
    args: [SESSION],
    options: [...REACH, JSON_VALUE],
    details: 'Exit 1 when nothing came of it: then nothing has changed, and the reason is told.',
    load: () => import('./commands/compact.ts'),
  },
  {
    name: 'uncompact',
    summary: 'take the newest compaction back: the model is sent again what it replaced',
    args: [SESSION],
    options: [...REACH, JSON_VALUE],
    load: () => import('./commands/uncompact.ts'),
  },
  {
    name: 'events',
    summary: 'print the events of a session',
    args: [SESSION],
    options: [
      { flags: '--after <seq>', summary: 'begin behind this event' },
      { flags: '--type <type>', summary: 'only this type; may be repeated', repeatable: true },
      JSON_LINES,
    ],
    load: () => import('./commands/events.ts'),
  },
  {
    name: 'send',
    summary: 'give a session an input, run its turn to the end',
    args: [SESSION, { name: '[text]', summary: 'the input; piped input is appended' }],
    options: [
      { flags: '--note', summary: 'add it as context, without a turn' },
      { flags: '--from <name>', summary: 'the program that sends it: the session is told' },
      { flags: '--steer', summary: 'before the next step of the turn at work, instead of after it' },
      TIMEOUT,
      DETACH,
      ...REACH,
      JSON_LINES,
    ],
    details:
      'On a terminal the answer streams; elsewhere it stays in the session (`carrel show`), and the exit code says how it went.',
    load: () => import('./commands/send.ts'),
  },
  {
    name: 'follow',
    summary: 'print what happens in a session, from now on, whichever process runs it',
    args: [SESSION],
    options: [
      { flags: '--from-start', summary: 'everything that happened so far first' },
      { flags: '-n, --last <count>', summary: 'so many events that happened before first' },
      { flags: '--once', summary: 'what happened, all of it without --last, and nothing that comes' },
      { flags: '--children', summary: 'what happens in the sessions that it spawned too' },
      JSON_LINES,
    ],
    load: () => import('./commands/follow.ts'),
  },
  {
    name: 'wait',
    summary: 'wait until a session stops working; the exit code says how it ended',
    args: [SESSION],
    options: [{ flags: '--timeout <duration>', summary: 'give up after this time' }, JSON_VALUE],
    load: () => import('./commands/wait.ts'),
  },
  {
    name: 'continue',
    summary: 'go on with an interrupted or paused turn, held inputs, or a session that failed',
    args: [SESSION],
    options: [
      { flags: '--budget <usd>', summary: 'raise every limit of money to this many dollars first' },
      {
        flags: '--raise <limit=value>',
        summary: 'raise one limit first (session.tokens=2000000); may be repeated',
        repeatable: true,
      },
      TIMEOUT,
      ...REACH,
      JSON_LINES,
    ],
    load: () => import('./commands/continue.ts'),
  },
  {
    name: 'cancel',
    summary: 'cancel the turn of a session',
    args: [SESSION],
    options: [{ flags: '--reason <text>', summary: 'why, for the journal' }, ...REACH, JSON_VALUE],
    load: () => import('./commands/cancel.ts'),
  },
  {
    name: 'withdraw',
    summary: 'take back an input that waits behind a turn, or is held',
    args: [SESSION, { name: '[command]', summary: 'the input; needed when several wait' }],
    options: [{ flags: '--all', summary: 'every input that waits' }, ...REACH, JSON_VALUE],
    load: () => import('./commands/withdraw.ts'),
  },
  {
    name: 'inbox',
    summary: 'list every call that waits for an approval',
    options: [JSON_VALUE],
    load: () => import('./commands/inbox.ts'),
  },
  {
    name: 'approve',
    summary: 'allow a waiting call, and show how the turn goes on',
    args: [SESSION, { name: '[call]', summary: 'the call; needed when several wait' }],
    options: [
      {
        flags: '--scope <scope>',
        summary: 'how far it reaches (default once)',
        choices: ['once', 'session', 'path', 'always'],
      },
      TIMEOUT,
      ...REACH,
      JSON_LINES,
    ],
    load: () => import('./commands/approve.ts'),
  },
  {
    name: 'deny',
    summary: 'deny a waiting call, which the model learns, and show how the turn goes on',
    args: [SESSION, { name: '[call]', summary: 'the call; needed when several wait' }],
    options: [{ flags: '--reason <text>', summary: 'told to the model' }, TIMEOUT, ...REACH, JSON_LINES],
    load: () => import('./commands/deny.ts'),
  },
  {
    name: 'rename',
    summary: 'give a session another name or title',
    args: [
      SESSION,
      { name: '[name]', summary: 'the new name: letters, digits, "-", "_"; unique in its folder' },
    ],
    options: [{ flags: '--title <title>', summary: 'the new title' }, ...REACH, JSON_VALUE],
    load: () => import('./commands/rename.ts'),
  },
  {
    name: 'archive',
    summary: 'put a session away; its history stays',
    args: [SESSION],
    options: [...REACH, JSON_VALUE],
    load: () => import('./commands/archive.ts'),
  },
  {
    name: 'restore',
    summary: 'take an archived session back',
    args: [SESSION],
    options: [...REACH, JSON_VALUE],
    load: () => import('./commands/restore.ts'),
  },
  {
    name: 'delete',
    summary: 'erase a session for good: journal, files kept for it, list row',
    args: [SESSION],
    options: [{ flags: '-y, --yes', summary: 'do not ask' }, ...REACH, JSON_VALUE],
    load: () => import('./commands/delete.ts'),
  },
  {
    name: 'export',
    summary: 'write a session as Markdown, or its events as JSON lines',
    args: [SESSION, { name: '[file]', summary: 'where to; stdout without it' }],
    options: [
      { flags: '--json', summary: 'one event a line instead of Markdown' },
      { flags: '--force', summary: 'replace the file' },
    ],
    load: () => import('./commands/export.ts'),
  },
  {
    name: 'setup',
    summary: 'find local model servers and write the configuration',
    options: [
      { flags: '--provider <name>', summary: 'set this provider without asking' },
      {
        flags: '--kind <kind>',
        summary: 'how it is spoken to',
        choices: ['openai', 'openai-compatible', 'anthropic', 'google'],
      },
      { flags: '--base-url <url>', summary: 'where it answers' },
      { flags: '--api-key-env <name>', summary: 'the environment variable that holds its key' },
      { flags: '--model <model>', summary: 'the default model, without the provider' },
      JSON_VALUE,
    ],
    load: () => import('./commands/setup.ts'),
  },
  {
    name: 'config',
    summary: 'read or change the configuration',
    args: [
      { name: '<action>', summary: 'what to do', choices: ['get', 'set', 'path', 'explain'] },
      { name: '[key]', summary: 'for example limits.maxSteps; all of them without it' },
      { name: '[value]', summary: 'JSON, or a plain word' },
    ],
    options: [JSON_VALUE],
    load: () => import('./commands/config.ts'),
  },
  {
    name: 'models',
    summary: 'list the models that are configured, with their windows and prices',
    options: [
      { flags: '--check', summary: 'ask each provider whether it answers' },
      { flags: '--reset <provider>', summary: 'have the daemon ask a provider again that it leaves alone' },
      JSON_VALUE,
    ],
    load: () => import('./commands/models.ts'),
  },
  {
    name: 'tools',
    summary: 'list the tools that agents can be given',
    args: [{ name: '[tool]', summary: 'show its arguments' }],
    options: [JSON_VALUE],
    load: () => import('./commands/tools.ts'),
  },
  {
    name: 'profiles',
    summary: 'list the profiles',
    args: [{ name: '[profile]', summary: 'show it whole' }],
    options: [JSON_VALUE],
    load: () => import('./commands/profiles.ts'),
  },
  {
    name: 'trust',
    summary: 'let the configuration of a folder add providers, commands and permissions',
    args: [{ name: '[folder]', summary: 'this one without it' }],
    options: [
      { flags: '--list', summary: 'list the trusted folders' },
      { flags: '--remove', summary: 'trust it no longer' },
      JSON_VALUE,
    ],
    load: () => import('./commands/trust.ts'),
  },
  {
    name: 'inspect',
    summary:
      'show what goes on in the daemon: slots of every level, live sessions, files that are kept, viewers, what providers allow',
    args: [
      { name: '<what>', summary: 'of what', choices: ['slots', 'sessions', 'locks', 'buffers', 'limits'] },
    ],
    options: [JSON_VALUE],
    details:
      '`slots`: what may go on at once, and does. `sessions`: those in memory, with what they hold. `locks`: files that turns at work keep from others. `buffers`: viewers, and how often one was too slow for its queue and read on from the store. `limits`: breakers of providers, and what is left of their rates. The daemon is asked. Beside a command that works by itself (`--local`), that is known to it alone and shows as "?" (null in JSON).',
    load: () => import('./commands/inspect.ts'),
  },
  ...DAEMON_COMMANDS,
  {
    name: 'doctor',
    summary: 'check this installation, each with a remedy',
    options: [JSON_VALUE],
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'completion',
    summary: 'print the completion script of a shell',
    args: [{ name: '<shell>', summary: 'which', choices: ['bash', 'zsh', 'fish'] }],
    load: () => import('./commands/completion.ts'),
  },
];
