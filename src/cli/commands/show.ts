import { oneLine, stripControls } from '../../base/index.ts';
import type { SessionSummary } from '../../protocol/index.ts';
import { Conversation, type Entry } from '../../session/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { readEvents } from '../journal.ts';
import { OWNER } from '../owner.ts';
import { openReading } from '../reading.ts';
import { budgetLine, spending } from '../render/money.ts';
import { entryText } from '../render/entry.ts';
import { ago, stamp } from '../render/time.ts';
import { printValue } from '../render/value.ts';

const DEFAULT_MESSAGES = 10;

export async function run(invocation: Invocation): Promise<Exit> {
  const { terminal, options, json } = invocation;
  const last = options.integer('last', { min: 0, max: 10_000 }) ?? DEFAULT_MESSAGES;
  await using reading = await openReading(invocation);
  const row = await reading.session();
  const conversation = new Conversation();
  for await (const event of readEvents(reading.reader, row.session)) conversation.add(event);
  const entries = last === 0 ? [] : conversation.entries.slice(-last);
  const tail = await reading.reader.tail(OWNER, row.session);
  if (json) {
    printValue(terminal.out, { session: row, messages: entries.map(plain), open: tail });
    return EXIT.done;
  }
  const text = [facts(row), ...entries.map((entry) => entryText(terminal.out, entry))];
  const open = tail.map((part) => `${stripControls(part.text)} …`);
  terminal.out.write(`${[...text, ...open].join('\n\n')}\n`);
  return EXIT.done;
}

/** Results are a map, which JSON does not know. */
function plain(entry: Entry): unknown {
  return entry.kind === 'step' ? { ...entry, results: Object.fromEntries(entry.results) } : entry;
}

function costs({ spending: own, spendingBelow: below }: SessionSummary): string {
  if (own === undefined) return 'unknown';
  return below === undefined ? spending(own) : `${spending(own)}, and in its children ${spending(below)}`;
}

function facts(row: SessionSummary): string {
  const { input, output } = row.usage;
  const rows: readonly (readonly [string, string])[] = [
    ['session', `${row.name} (${row.session})`],
    ['title', row.title ?? ''],
    ['folder', row.folder],
    [
      'status',
      [
        row.position === undefined ? row.status : `queued (${String(row.position)})`,
        row.lastOutcome === undefined ? '' : `last turn ${row.lastOutcome}`,
      ]
        .filter(Boolean)
        .join(', '),
    ],
    ['error', row.error === undefined ? '' : `${row.error.code}: ${row.error.message}`],
    ['model', `${row.model}, mode ${row.mode}, profile ${row.profile}`],
    [
      'turns',
      `${String(row.turns)}, ${String(row.messages)} messages, ${String(input)} tokens in, ${String(output)} out`,
    ],
    ['cost', costs(row)],
    ['budget', (row.budget ?? []).map(budgetLine).join('; ')],
    ['queued', row.queued === 0 ? '' : `${String(row.queued)}, ${String(row.held)} of them held`],
    ['waiting', row.waiting === 0 ? '' : `${String(row.waiting)} call(s): carrel inbox`],
    ['parent', row.parent ?? ''],
    [
      'tags',
      Object.entries(row.tags)
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
    ],
    ['created', stamp(row.createdAt)],
    ['updated', `${stamp(row.updatedAt)} (${ago(row.updatedAt, Date.now())})`],
  ];
  const shown = rows.filter(([, value]) => value !== '');
  return shown.map(([name, value]) => `${name.padEnd(8)} ${oneLine(value, 2000)}`).join('\n');
}
