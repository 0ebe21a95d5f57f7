import type { Model, ModelContext, ModelPart, ModelRequest } from '../../model/index.ts';
import type { Dice } from './dice.ts';
import type { Disk } from './disk.ts';
import type { Ledger, RequestRecord } from './ledger.ts';
import { pause } from './pause.ts';
import type { Owner, Schedule } from './schedule.ts';
import { scriptOf, type Line, type Temper } from './script.ts';

export interface SimModelOptions {
  readonly schedule: Schedule;
  readonly owner: Owner;
  readonly host: string;
  readonly ledger: Ledger;
  readonly disk: Disk;
  readonly dice: Dice;
  readonly temperOf: (session: string) => Temper;
}

/** A model of one host. It answers every request by dice, and writes down what it was asked and what it said. */
export function simModel(options: SimModelOptions): Model {
  return {
    id: 'sim/model',
    provider: 'sim',
    capabilities: { tools: true, images: false, reasoning: true, temperature: 'free' },
    stream: (request, context) => answer(options, request, context),
  };
}

async function* answer(
  { schedule, owner, host, ledger, disk, dice, temperOf }: SimModelOptions,
  request: ModelRequest,
  { signal }: ModelContext,
): AsyncGenerator<ModelPart> {
  const session = request.cacheKey ?? '';
  const number = ledger.requests.length + 1;
  const count = ledger.requests.filter((known) => known.session === session).length;
  const begun = { number, host, session, request, signal, startedAtMs: schedule.nowMs };
  const record: RequestRecord = { ...begun, emitted: [], ended: false };
  ledger.requested(record);
  const wait = (line: Line): Promise<void> =>
    pause(schedule, {
      delayMs: 'waitMs' in line ? line.waitMs : 'silence' in line ? Infinity : 0,
      what: `${host} model says r${String(number)}`,
      owner,
      ...('silence' in line && line.silence === 'deaf' ? {} : { signal }),
    });
  try {
    for (const line of scriptOf(
      number,
      temperOf(session),
      dice.of(`answer ${String(disk.journal(session).born?.name)} ${String(count)}`),
    )) {
      await wait(line);
      if (signal.aborted) {
        yield { type: 'failed', failure: { code: 'cancelled', message: 'aborted', retryable: false } };
        return;
      }
      if ('throws' in line) throw new Error(line.throws);
      if (!('part' in line)) return;
      emit(record, line.part, schedule.nowMs);
      yield line.part;
    }
  } finally {
    ledger.ended(record);
  }
}

function emit(record: RequestRecord, part: ModelPart, atMs: number): void {
  if (part.type !== 'text' && part.type !== 'reasoning') return;
  record.emitted.push({ atMs, part: `[r${String(record.number)}.${String(part.index)}]`, text: part.text });
}
