import { loadConfig, resolveProfiles } from '../../config/index.ts';
import { CarrelError, type Profile } from '../../protocol/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import { homeOf } from '../home.ts';
import type { Invocation } from '../invocation.ts';
import { table, type Column } from '../render/table.ts';
import { printValue } from '../render/value.ts';

export async function run(invocation: Invocation): Promise<Exit> {
  const { args, terminal, json, env, folder } = invocation;
  const profiles = resolveProfiles(loadConfig({ home: homeOf(invocation), folder, env }));
  const [name] = args;
  if (name !== undefined) {
    const profile = profiles.get(name);
    if (profile === undefined) {
      throw new CarrelError(
        'not_found',
        `there is no profile ${name}; there are: ${[...profiles.keys()].join(', ')}`,
      );
    }
    printValue(terminal.out, profile);
  } else if (json) printValue(terminal.out, [...profiles.values()]);
  else terminal.out.write(table(terminal.out, COLUMNS, [...profiles.values()]));
  return Promise.resolve(EXIT.done);
}

const COLUMNS: readonly Column<Profile>[] = [
  { head: 'PROFILE', cell: (profile) => profile.name, max: 32 },
  { head: 'MODEL', cell: (profile) => profile.model, max: 32 },
  { head: 'MODE', cell: (profile) => profile.mode },
  { head: 'TOOLS', cell: (profile) => profile.tools.join(' ') },
];
