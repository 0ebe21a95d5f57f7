import { oneLine, stripControls } from '../../base/index.ts';
import type { SessionEvent, SessionSummary } from '../../protocol/index.ts';
import { Conversation, type Entry } from '../../session/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import { readBelow, spawnedBy, type Journal } from '../family.ts';
import type { Invocation } from '../invocation.ts';
import { readEvents } from '../journal.ts';
import { OWNER } from '../owner.ts';
import { openReading } from '../reading.ts';
import { budgetLine, spending } from '../render/money.ts';
import { entryText } from '../render/entry.ts';
import { ago, stamp } from '../render/time.ts';
import { printValue } from '../render/value.ts';
import { asTheyAre, type Present } from '../running.ts';
import type { Sink } from '../terminal.ts';

const DEFAULT_MESSAGES = 10;

export async function run(invocation: Invocation): Promise<Exit> {
  const { terminal, options, json } = invocation;
  const last = options.integer('last', { min: 0, max: 10_000 }) ?? DEFAULT_MESSAGES;
  await using reading = await openReading(invocation);
  const found = await reading.session();
  const [row = found] = await asTheyAre(invocation, [found]);
  const events: SessionEvent[] = [];
  for await (const event of readEvents(reading.reader, row.session)) events.push(event);
  const entries = lastOf({ summary: row, events }, last);
  const tail = await reading.reader.tail(OWNER, row.session);
  if (json) {
    printValue(terminal.out, { session: row, messages: entries.map(plain), open: tail });
    return EXIT.done;
  }
  const below = await readBelow(reading.reader, events);
  const journal = { summary: row, events };
  const text = [facts(row), ...messages(terminal.out, { journal, below, last })];
  const open = tail.map((part) => `${stripControls(part.text)} …`);
  terminal.out.write(`${[...text, ...open].join('\n\n')}\n`);
  return EXIT.done;
}

function lastOf({ events }: Journal, count: number): readonly Entry[] {
  return count === 0 ? [] : new Conversation().addAll(events).entries.slice(-count);
}

interface Family {
  readonly journal: Journal;
  readonly below: ReadonlyMap<string, Journal>;
  /** Messages of each. */
  readonly last: number;
}

/** Each message, and under it, set in, those of the children that it spawned. */
function messages(sink: Sink, family: Family): string[] {
  const spawned = spawnedBy(family.journal.events);
  return lastOf(family.journal, family.last).map((entry) => {
    const calls = entry.kind === 'step' ? entry.pieces.filter((piece) => piece.kind === 'call') : [];
    const children = calls.flatMap(({ call }) => family.below.get(spawned.get(call) ?? '') ?? []);
    const below = children.map((journal) => childText(sink, { ...family, journal }));
    return [entryText(sink, entry), ...below].join('\n\n');
  });
}

function childText(sink: Sink, family: Family): string {
  const { name, session, status } = family.journal.summary;
  const text = [`${name} (${session}), ${status}`, ...messages(sink, family)].join('\n\n');
  return text.replace(/^/gm, '  | ').replace(/ +$/gm, '');
}

/** Results are a map, which JSON does not know. */
function plain(entry: Entry): unknown {
  return entry.kind === 'step' ? { ...entry, results: Object.fromEntries(entry.results) } : entry;
}

function costs({ spending: own, spendingBelow: below }: SessionSummary): string {
  if (own === undefined) return 'unknown';
  return below === undefined ? spending(own) : `${spending(own)}, and in its children ${spending(below)}`;
}

function facts(row: Present): string {
  const { input, output } = row.usage;
  const rows: readonly (readonly [string, string])[] = [
    ['session', `${row.name} (${row.session})`],
    ['title', row.title ?? ''],
    ['folder', row.folder],
    [
      'status',
      [
        row.position === undefined ? row.status : `queued (${String(row.position)})`,
        row.residency ?? '',
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
    ['root', row.root === row.parent ? '' : (row.root ?? '')],
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
