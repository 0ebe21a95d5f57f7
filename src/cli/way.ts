// Through which host a command does its work.
import type { Config } from '../config/index.ts';
import type { Invocation } from './invocation.ts';

/** `start`: the daemon, started when none runs; `use`: the daemon, if one runs; `off`: a host in this process, for this command. */
export type Way = Config['daemon'];

/** What the command line says; else the setting. */
export function wayOf({ options }: Pick<Invocation, 'options'>, { daemon }: Pick<Config, 'daemon'>): Way {
  if (options.flag('local')) return 'off';
  return daemon === 'start' && options.isOff('start') ? 'use' : daemon;
}
