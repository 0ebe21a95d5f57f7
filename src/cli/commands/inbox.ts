import { readInbox, type InboxItem } from '../../host/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { OWNER } from '../owner.ts';
import { openReading } from '../reading.ts';
import { table, type Column } from '../render/table.ts';
import { ago, span } from '../render/time.ts';
import { printValue } from '../render/value.ts';
import { askRunning } from '../running.ts';

export async function run(invocation: Invocation): Promise<Exit> {
  const { terminal, json } = invocation;
  await using reading = await openReading(invocation);
  const told = await askRunning(invocation, (client) => client.inbox());
  const items = told ?? (await readInbox(reading.reader, OWNER));
  if (json) printValue(terminal.out, items);
  else if (items.length === 0) terminal.err.write('nothing waits for an approval\n');
  else {
    terminal.out.write(table(terminal.out, columns(Date.now()), items));
    terminal.err.write('answer with carrel approve SESSION [CALL] or carrel deny SESSION [CALL]\n');
  }
  return EXIT.done;
}

/** From the session at the top to the one that asks. */
function whose({ lineage, name }: InboxItem): string {
  return [...lineage.map((above) => above.name), name].join(' / ');
}

function columns(now: number): readonly Column<InboxItem>[] {
  return [
    { head: 'SESSION', cell: whose, max: 60 },
    { head: 'CALL', cell: (item) => item.call },
    { head: 'ASKED', cell: (item) => ago(item.requestedAt, now) },
    { head: 'EXPIRES', cell: (item) => `in ${span(item.expiresAt - now)}` },
    { head: 'FOLDER', cell: (item) => item.folder, max: 40 },
    { head: 'WHAT', cell: (item) => `${item.summary} (${item.why})` },
  ];
}
