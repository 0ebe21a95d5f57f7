import type { ClientSession } from '../../client/index.ts';
import { oneLine } from '../../base/index.ts';
import { CarrelError, type SessionEvent } from '../../protocol/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { report } from '../report.ts';
import { openSessionReach } from '../session-reach.ts';

/** Characters of an input that tell it from others. */
const SHOWN = 40;
/** Events of a page, read backwards. */
const PAGE = 200;

interface Queued {
  readonly command: string;
  readonly text: string;
}

/** Takes back an input that no turn has been given yet. Without a command: the only one; `conflict` names them where several wait. */
export async function run(invocation: Invocation): Promise<Exit> {
  await using reached = await openSessionReach(invocation);
  const { session, row } = reached;
  const all = invocation.options.flag('all');
  const wanted = invocation.args[1];
  if (all && wanted !== undefined)
    throw new CarrelError('invalid_params', '--all takes every input back: leave the command out');
  const commands =
    wanted === undefined ? chosen(row.name, await queuedInputs(session, row.queued), all) : [wanted];
  for (const command of commands) await session.command('input/withdraw', { command });
  const what = commands.length === 1 ? 'one input is' : `${String(commands.length)} inputs are`;
  report(invocation, `${what} taken back from ${row.name}`, { session: row.session, withdrawn: commands });
  return EXIT.done;
}

function chosen(name: string, queued: readonly Queued[], all: boolean): readonly string[] {
  if (queued.length === 0)
    throw new CarrelError('conflict', `no input of ${name} waits: a turn has them all, or none was sent`);
  if (queued.length > 1 && !all) {
    const list = queued.map(({ command, text }) => `${command} (${oneLine(text, SHOWN)})`).join(', ');
    const message = `${String(queued.length)} inputs of ${name} wait: ${list}; name one, or take all back with --all`;
    throw new CarrelError('conflict', message, { data: { commands: queued.map(({ command }) => command) } });
  }
  return queued.map(({ command }) => command);
}

/** Those that wait, oldest first; read backwards until all of them are found. */
async function queuedInputs(session: ClientSession, count: number): Promise<readonly Queued[]> {
  const found: Queued[] = [];
  const gone = new Set<string>();
  let upTo = (await session.summary()).seq;
  while (upTo > 0 && found.length < count) {
    const after = Math.max(0, upTo - PAGE);
    const events = await session.events({ after, limit: upTo - after });
    for (const event of events.toReversed()) look(event, { found, gone });
    upTo = after;
  }
  return found.toReversed();
}

function look(
  event: SessionEvent,
  { found, gone }: { readonly found: Queued[]; readonly gone: Set<string> },
): void {
  if (event.type === 'input.delivered' || event.type === 'input.withdrawn') gone.add(event.data.command);
  if (event.type !== 'input.accepted' || gone.has(event.data.command)) return;
  found.push({ command: event.data.command, text: event.data.text });
}
