// What a session's context costs. Read from the journal beside its actor, which is neither woken nor asked.
import type { Models } from '../model/index.ts';
import { CarrelError, codeOf, type ContextReport, type Profile } from '../protocol/index.ts';
import { pages, textsOf, windowOf, type Scope, type Texts, type Watched } from '../runtime/index.ts';
import { compactionReport, contextReport, Reading, systemText, type Room } from '../session/index.ts';
import type { ContextPage } from './port.ts';

/** Parts of one page, when nobody says. */
const PAGE = 50;

/** `not_found` when there is no such session. */
export async function readContext(
  { scope, session }: Pick<Watched, 'scope' | 'session'>,
  page: ContextPage,
): Promise<ContextReport> {
  const reading = await readJournal(scope, session);
  const { models } = await scope.equip(reading.state.folder);
  const frame = reading.frame ?? (await scope.frames.for(reading.state));
  return reportContext(reading, { texts: await textsOf(scope, frame), date: frame.date, models, page });
}

interface Reported {
  readonly texts: Texts;
  readonly date: string;
  readonly models: Models;
  readonly page: ContextPage;
}

/** The same for whoever reads journals without a host. */
export async function reportContext(
  reading: Reading,
  { texts, date, models, page: { before, limit = PAGE } }: Reported,
): Promise<ContextReport> {
  const { session, profile, folder } = reading.state;
  return contextReport(reading.conversation, {
    session,
    model: profile.model,
    fixed: { ...texts, prompt: systemText({ ...texts, instructions: [], folder, date }) },
    room: await roomOf(models, profile),
    compaction: compactionReport(reading),
    before,
    limit,
  });
}

async function readJournal(scope: Scope, session: string): Promise<Reading> {
  const row = await scope.store.summary(scope.owner, session);
  if (row === undefined) throw new CarrelError('not_found', `There is no session ${session}.`);
  const reading = new Reading(session);
  for await (const events of pages(scope, { session, after: 0, upTo: row.seq })) reading.addAll(events);
  return reading;
}

/** Of a model that is not there any more nothing is known, and the costs are told all the same. */
async function roomOf(models: Models, profile: Profile): Promise<Room> {
  try {
    return windowOf((await models.resolve(profile.model)).capabilities, profile) ?? {};
  } catch (error) {
    if (codeOf(error) !== 'model_unavailable') throw error;
    return {};
  }
}
