// How a person names a session. One order, everywhere: id, name in this folder, name elsewhere, prefix of an id.
import { CarrelError } from '../protocol/errors.ts';
import type { SessionSummary } from '../protocol/index.ts';
import type { ListQuery, SessionPage } from '../store/index.ts';

/** What addressing needs to see. A store's reader and a host both give it. */
export interface Lister {
  summary(session: string): Promise<SessionSummary | undefined>;
  list(query: Omit<ListQuery, 'owner'>): Promise<SessionPage>;
}

const ID = /^ses_[a-z0-9.]+$/;
/** Below this a prefix names nobody in particular. */
const SHORTEST_PREFIX = 8;
/** Rows asked for at a time; the bound of one page of the store. */
const PAGE = 500;
/** Candidates that a refusal lists. */
const SHOWN = 5;

/**
 * The one session that `address` means for someone in `folder`. `not_found` when there is none; `conflict` when several
 * fit, with them in the message and in `data.candidates`.
 */
export async function findSession(lister: Lister, address: string, folder: string): Promise<SessionSummary> {
  const exact = ID.test(address) ? await lister.summary(address) : undefined;
  if (exact !== undefined) return exact;
  const named = await allOf(lister, { name: address });
  const here = named.find((row) => row.folder === folder);
  if (here !== undefined) return here;
  const found = named.length > 0 ? named : await withPrefix(lister, address);
  const [only, ...others] = found;
  if (only === undefined) throw notFound(address, folder);
  if (others.length > 0) throw ambiguous(address, found);
  return only;
}

async function withPrefix(lister: Lister, address: string): Promise<readonly SessionSummary[]> {
  if (!ID.test(address) || address.length < SHORTEST_PREFIX) return [];
  // The id of a child begins with its parent's: a prefix means the one that it was cut from.
  return (await allOf(lister, {})).filter(
    ({ session }) => session.startsWith(address) && !session.slice(address.length).includes('.'),
  );
}

async function allOf(lister: Lister, query: { readonly name?: string }): Promise<SessionSummary[]> {
  const rows: SessionSummary[] = [];
  let after: string | undefined;
  do {
    const page = await lister.list({ ...query, limit: PAGE, ...(after === undefined ? {} : { after }) });
    rows.push(...page.sessions);
    after = page.next;
  } while (after !== undefined);
  return rows;
}

function notFound(address: string, folder: string): CarrelError {
  return new CarrelError(
    'not_found',
    `no session is called ${JSON.stringify(address)}, in ${folder} or elsewhere, and no id begins with it`,
    { data: { address, folder } },
  );
}

function ambiguous(address: string, found: readonly SessionSummary[]): CarrelError {
  const shown = found.slice(0, SHOWN).map((row) => `${row.session} (${row.name} in ${row.folder})`);
  const more = found.length > SHOWN ? `, and ${String(found.length - SHOWN)} more` : '';
  return new CarrelError(
    'conflict',
    `${JSON.stringify(address)} means several sessions: ${shown.join(', ')}${more}; use an id`,
    { data: { address, candidates: found.slice(0, SHOWN).map((row) => row.session) } },
  );
}
