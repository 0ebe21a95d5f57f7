import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { pollSession } from '../poll.ts';
import { openReading } from '../reading.ts';
import { textView } from '../render/text-view.ts';
import { jsonView } from '../render/view.ts';

/** Shows what happens until nobody reads any more, or Ctrl-C. Reads the store, so it works whichever process runs the session. */
export async function run(invocation: Invocation): Promise<Exit> {
  const { terminal, options, json } = invocation;
  await using reading = await openReading(invocation);
  const row = await reading.session();
  const stop = new AbortController();
  using _interrupt = terminal.onInterrupt(() => stop.abort());
  const view = json ? jsonView(terminal.out) : textView(terminal, { inputs: true });
  const items = pollSession(reading.reader, {
    session: row.session,
    after: options.flag('fromStart') ? 0 : row.seq,
    signal: AbortSignal.any([stop.signal, terminal.gone]),
  });
  for await (const item of items) view.show(item);
  view.end();
  return EXIT.done;
}
