// What people allowed for always: kept in the home, in a file that can be read and corrected by hand.
import { canonicalJson } from '../base/index.ts';
import { CarrelError, GrantsFile, type Grant } from '../protocol/index.ts';
import type { Home } from './home.ts';
import type { Config } from './layers.ts';
import { readState, writeState, type Notice, type StateFile } from './state.ts';

/** Saved allowances. `list` is what was last read or written; `add` and `remove` read the file first and resolve when it is synced. */
export interface Grants {
  readonly list: () => readonly Grant[];
  /** The same grant again changes nothing. `invalid_params` for one of scope `once` or `session`, which ends with its session. */
  readonly add: (grant: Grant) => Promise<void>;
  /** Whether there was such a grant. */
  readonly remove: (grant: Grant) => Promise<boolean>;
}

/** Reads them; a damaged file is set aside with a notice and counts as empty, so that everything is asked again. */
export function openGrants(home: Home, notice: Notice): Grants {
  const file: StateFile<GrantsFile> = {
    path: home.grants,
    schema: GrantsFile,
    empty: { version: 1, grants: [] },
  };
  const read = (): readonly Grant[] => readState(file, notice).grants;
  let current = read();
  const write = (grants: readonly Grant[]): void => {
    writeState(file, { version: 1, grants: [...grants] });
    current = grants;
  };
  return {
    list: () => current,
    async add(grant) {
      refuseShortLived(grant);
      const saved = read();
      if (!saved.some((other) => isSame(other, grant))) write([...saved, grant]);
    },
    async remove(grant) {
      const saved = read();
      const rest = saved.filter((other) => !isSame(other, grant));
      if (rest.length < saved.length) write(rest);
      return rest.length < saved.length;
    },
  };
}

/** The rules of `permissions.allow` as grants. */
export function configuredGrants(config: Config): readonly Grant[] {
  return config.permissions.allow.map((rule) => ({
    ...rule,
    scope: rule.path === undefined ? 'always' : 'path',
  }));
}

function refuseShortLived(grant: Grant): void {
  if (grant.scope !== 'once' && grant.scope !== 'session') return;
  const message = `An allowance of scope ${grant.scope} ends with its session; only "path" and "always" are saved`;
  throw new CarrelError('invalid_params', message, { data: { scope: grant.scope } });
}

function isSame(a: Grant, b: Grant): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
