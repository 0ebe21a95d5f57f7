// Reading goes on beside whichever process holds the home: it needs no lock, no configuration and no model.
import type { SessionSummary } from '../protocol/index.ts';
import { homeHolder, openSqliteReader, type StoreReader } from '../store/index.ts';
import { findSession, type Lister } from './addressing.ts';
import { homeOf } from './home.ts';
import type { Invocation } from './invocation.ts';
import { OWNER } from './owner.ts';

export interface Reading extends AsyncDisposable {
  readonly reader: StoreReader;
  /** Of the process that writes to the home, if one does: without it nothing runs. */
  holder(): number | undefined;
  /** The session that the first argument names, seen from this folder. */
  session(): Promise<SessionSummary>;
}

export async function openReading(invocation: Invocation): Promise<Reading> {
  const home = homeOf(invocation).dataFolder;
  const reader = await openSqliteReader({ home });
  return {
    reader,
    holder: () => homeHolder({ home }),
    session: () => findSession(listerOf(reader), invocation.args[0] ?? '', invocation.folder),
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}

export function listerOf(reader: StoreReader): Lister {
  return {
    summary: (session) => reader.summary(OWNER, session),
    list: (query) => reader.list({ ...query, owner: OWNER }),
  };
}
