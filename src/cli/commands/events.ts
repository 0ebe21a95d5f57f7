import { CarrelError, EVENTS } from '../../protocol/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { openReading } from '../reading.ts';
import { eventLine } from '../render/event-line.ts';
import { readEvents } from '../journal.ts';

export async function run(invocation: Invocation): Promise<Exit> {
  const { options, terminal, json } = invocation;
  const after = options.integer('after', { min: 0, max: Number.MAX_SAFE_INTEGER }) ?? 0;
  const types = new Set(options.texts('type'));
  for (const type of types) if (!Object.hasOwn(EVENTS, type)) throw unknownType(type);
  await using reading = await openReading(invocation);
  const { session } = await reading.session();
  for await (const event of readEvents(reading.reader, session, after)) {
    if (terminal.gone.aborted) break;
    if (types.size > 0 && !types.has(event.type)) continue;
    terminal.out.write(json ? `${JSON.stringify(event)}\n` : eventLine(terminal.out, event));
  }
  return EXIT.done;
}

function unknownType(type: string): CarrelError {
  return new CarrelError(
    'invalid_params',
    `there is no event type ${JSON.stringify(type)}; there are: ${Object.keys(EVENTS).join(', ')}`,
  );
}
