// Everything that is measured through the daemon, as installed. Its processes are read in /proc.
import { install } from '../install.ts';
import { scratch, type Row } from '../measure.ts';
import { costRows } from './daemon-cost.ts';
import { daemonDeltaRows } from './daemon-deltas.ts';
import { fanOutRows } from './daemon-fan-out.ts';
import { storedRows } from './daemon-stored.ts';
import { daemonToolRows } from './daemon-tools.ts';

let program: string | undefined;

/** Built once for all groups, and gone with this process. */
function installed(): string {
  if (program !== undefined) return program;
  const place = scratch();
  process.once('exit', () => place[Symbol.dispose]());
  install(place.path);
  program = place.path;
  return program;
}

export const daemonRows = {
  'daemon-deltas': (): Promise<readonly Row[]> => daemonDeltaRows(installed()),
  'daemon-fan-out': (): Promise<readonly Row[]> => fanOutRows(installed()),
  'daemon-stored': (): Promise<readonly Row[]> => storedRows(installed()),
  'daemon-cost': (): Promise<readonly Row[]> => costRows(installed()),
  'daemon-tools': (): Promise<readonly Row[]> => daemonToolRows(installed()),
};
