// What can be said of a home from outside, without taking it.
import { openNodeDatabase } from './driver.ts';
import { existingHome } from './home.ts';
import { holderOf } from './lock.ts';
import { openForReading } from './open.ts';
import { withTrouble } from './trouble.ts';

export interface HomeState {
  /** Of the process that writes to the home; undefined when none does. */
  readonly holder: number | undefined;
  /** What SQLite finds wrong with the file; empty when all is well, or when there is no store yet. */
  readonly damage: readonly string[];
}

/** Who holds the home, by what the holder wrote down; `undefined` when nobody does. */
export function homeHolder({ home }: { readonly home: string }): number | undefined {
  return holderOf(existingHome(home));
}

/** Reads the whole file once: structure and indexes, not the chains, which every read checks. */
export function inspectHome({ home: folder }: { readonly home: string }): HomeState {
  const home = existingHome(folder);
  const connection = openForReading(home.database, openNodeDatabase);
  if (connection === undefined) return { holder: holderOf(home), damage: [] };
  try {
    const rows = withTrouble(home.database, () =>
      connection.all<{ quick_check: string }>('PRAGMA quick_check'),
    );
    return {
      holder: holderOf(home),
      damage: rows.map((row) => row.quick_check).filter((text) => text !== 'ok'),
    };
  } finally {
    connection.close();
  }
}
