import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { pollFamily } from '../poll-family.ts';
import { pollSession } from '../poll.ts';
import { openReading } from '../reading.ts';
import { textView } from '../render/text-view.ts';
import { jsonView, type View } from '../render/view.ts';
import type { Terminal } from '../terminal.ts';

/** Shows what happens until nobody reads any more, or Ctrl-C. Reads the store, so it works whichever process runs the session. */
export async function run(invocation: Invocation): Promise<Exit> {
  const { terminal, options, json } = invocation;
  await using reading = await openReading(invocation);
  const row = await reading.session();
  const stop = new AbortController();
  using _interrupt = terminal.onInterrupt(() => stop.abort());
  const place = {
    session: row.session,
    after: options.flag('fromStart') ? 0 : row.seq,
    signal: AbortSignal.any([stop.signal, terminal.gone]),
  };
  const view = json ? jsonView(terminal.out) : options.flag('children') ? views(terminal) : plain(terminal);
  if (options.flag('children')) await pollFamily(reading.reader, place, (item) => view.show(item));
  else for await (const item of pollSession(reading.reader, place)) view.show(item);
  view.end();
  return EXIT.done;
}

function plain(terminal: Terminal): View {
  return textView(terminal, { inputs: true });
}

/** A view for each session; a line says which one speaks when that changes. */
function views(terminal: Terminal): View {
  const known = new Map<string, View>();
  let current: { readonly session: string; readonly view: View } | undefined;
  return {
    show(item) {
      if (current?.session !== item.session) {
        current?.view.end();
        terminal.err.write(`[${item.session}]\n`);
        const view = known.get(item.session) ?? plain(terminal);
        known.set(item.session, view);
        current = { session: item.session, view };
      }
      current.view.show(item);
    },
    end: () => current?.view.end(),
  };
}
