import { reportContext, type ContextReport } from '../../host/index.ts';
import { CarrelError } from '../../protocol/index.ts';
import { textsOf } from '../../runtime/index.ts';
import { Reading } from '../../session/index.ts';
import type { StoreReader } from '../../store/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { readEvents } from '../journal.ts';
import { openReading } from '../reading.ts';
import { contextText } from '../render/context.ts';
import { printValue } from '../render/value.ts';
import { loadSetting } from '../setting.ts';

const DEFAULT_PARTS = 20;

export async function run(invocation: Invocation): Promise<Exit> {
  const { terminal, options, json } = invocation;
  const limit = options.integer('last', { min: 0, max: 100_000 }) ?? DEFAULT_PARTS;
  const before = options.integer('before', { min: 1, max: Number.MAX_SAFE_INTEGER });
  await using reading = await openReading(invocation);
  const row = await reading.session();
  const read = new Reading(row.session);
  for await (const event of readEvents(reading.reader, row.session)) read.addAll([event]);
  const { models } = loadSetting(invocation, row.folder);
  const report: ContextReport = await reportContext(read, {
    ...(await inForce(reading.reader, read)),
    models,
    page: { limit, before },
  });
  if (json) printValue(terminal.out, report);
  else terminal.out.write(contextText(terminal.out, row.name, report));
  return EXIT.done;
}

/** As of the newest turn; before the first one only the prompt is known. */
async function inForce(
  reader: StoreReader,
  { frame, state }: Reading,
): Promise<Pick<Parameters<typeof reportContext>[1], 'texts' | 'date'>> {
  if (frame === undefined)
    return { texts: { prompt: state.profile.prompt, instructions: [], tools: [] }, date: '' };
  return { texts: await textsOf({ blobs: { get: (id) => blobText(reader, id) } }, frame), date: frame.date };
}

async function blobText(reader: StoreReader, id: string): Promise<string> {
  const bytes = await reader.getBlob(id);
  if (bytes !== undefined) return new TextDecoder().decode(bytes);
  throw new CarrelError('store_corrupt', `The journal names blob ${id}, which is missing.`);
}
