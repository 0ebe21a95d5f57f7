// Arguments and options that several commands share.
import type { ArgumentSpec, OptionSpec } from './invocation.ts';

export const MODES = ['read', 'ask', 'edits', 'full'];

export const SESSION: ArgumentSpec = {
  name: '<session>',
  summary: 'id, prefix of an id, name in this folder, or a name that only one folder has',
};
export const JSON_VALUE: OptionSpec = { flags: '--json', summary: 'print one JSON value' };
export const JSON_LINES: OptionSpec = {
  flags: '--json',
  summary: 'print one JSON object a line: events, and frames of type "delta"',
};
export const TIMEOUT: OptionSpec = {
  flags: '--timeout <duration>',
  summary: 'cancel the turn after this time (30s, 5m, 2h)',
};

export const DETACH: OptionSpec = {
  flags: '--detach',
  summary: 'print the name of the session and leave the work to the daemon',
};

/** Options of every command that a host carries out. */
export const REACH: readonly OptionSpec[] = [
  { flags: '--local', summary: 'without the daemon: in this process, for this command' },
  { flags: '--no-start', summary: 'only through a daemon that runs already' },
];

/** Options of every command that makes a session. */
export const SETUP: readonly OptionSpec[] = [
  {
    flags: '-m, --model <provider/model>',
    summary: 'the model; "auto" takes the configured one, else the first key found',
  },
  { flags: '--profile <name>', summary: 'the profile of a new session' },
  { flags: '--cwd <folder>', summary: 'work in this folder instead of the current one' },
  { flags: '--mode <mode>', summary: 'what needs no question', choices: MODES },
  { flags: '--max-steps <count>', summary: 'model requests in one turn at most' },
];
