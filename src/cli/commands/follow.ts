import { CarrelError } from '../../protocol/errors.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import type { Options } from '../options.ts';
import { openReading } from '../reading.ts';
import { textView } from '../render/text-view.ts';
import { jsonView, type View } from '../render/view.ts';
import type { Sink, Terminal } from '../terminal.ts';
import { watch } from '../watch.ts';

/** Nobody reads more of it in a terminal; all of it is `--from-start`. */
const MOST_EVENTS = 100_000;

/**
 * Shows what happens until nobody reads any more, or Ctrl-C; with `--once`, what has happened. It works whichever process runs the
 * session, and whether one does.
 */
export async function run(invocation: Invocation): Promise<Exit> {
  const { terminal, options, json } = invocation;
  await using reading = await openReading(invocation);
  const row = await reading.session();
  const stop = new AbortController();
  using _interrupt = terminal.onInterrupt(() => stop.abort());
  // What is there is shown before the signal is looked at: one that has aborted already leaves it at that.
  if (options.flag('once')) stop.abort();
  const last = lastOf(options);
  const place = {
    session: row.session,
    seq: row.seq,
    last,
    children: options.flag('children'),
    signal: AbortSignal.any([stop.signal, terminal.gone]),
  };
  const view = json ? jsonView(terminal.out) : place.children ? views(terminal) : plain(terminal);
  await watch([invocation, reading], place, (item) => view.show(item));
  view.end();
  return EXIT.done;
}

/** Events of each session that are shown although they have happened; `--once` alone means all, because else there is nothing to show. */
function lastOf(options: Options): number {
  const last = options.integer('last', { min: 1, max: MOST_EVENTS });
  if (!options.flag('fromStart')) return last ?? (options.flag('once') ? Infinity : 0);
  if (last === undefined) return Infinity;
  throw new CarrelError('invalid_params', '--from-start shows everything, --last a part of it: give one');
}

function plain(terminal: Pick<Terminal, 'out' | 'err'>): View {
  return textView(terminal, { inputs: true });
}

/** A view for each session; a line says which one speaks, whenever another does. */
function views(terminal: Terminal): View {
  const known = new Map<string, View>();
  let speaker: string | undefined;
  const speaks = (session: string): void => {
    if (speaker === session) return;
    if (speaker !== undefined) known.get(speaker)?.end();
    speaker = session;
    terminal.err.write(`[${session}]\n`);
  };
  const named = (sink: Sink, session: string): Sink => ({
    terminal: sink.terminal,
    colour: sink.colour,
    columns: sink.columns,
    write: (text) => {
      speaks(session);
      sink.write(text);
    },
  });
  const viewOf = (session: string): View => {
    const view =
      known.get(session) ?? plain({ out: named(terminal.out, session), err: named(terminal.err, session) });
    known.set(session, view);
    return view;
  };
  return {
    show: (item) => viewOf(item.session).show(item),
    end: () => known.forEach((view) => view.end()),
  };
}
