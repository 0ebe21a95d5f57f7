import { CarrelError } from '../../protocol/errors.ts';
import type { SessionSummary } from '../../protocol/index.ts';
import type { ListQuery } from '../../store/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import { folderOf } from '../folder.ts';
import type { Invocation } from '../invocation.ts';
import { OWNER } from '../owner.ts';
import { tagsOf } from '../planned.ts';
import { openReading } from '../reading.ts';
import { STATUSES } from '../specs.ts';
import { table, type Column } from '../render/table.ts';
import { ago } from '../render/time.ts';
import { printValue } from '../render/value.ts';
import { asTheyAre, type Present } from '../running.ts';

const DEFAULT_ROWS = 50;
/** Beyond it a script should page through events instead. */
const MOST_ROWS = 100_000;

export async function run(invocation: Invocation): Promise<Exit> {
  const { terminal, json } = invocation;
  const query = queryOf(invocation);
  await using reading = await openReading(invocation);
  const page = await reading.reader.list(query);
  const rows = await asTheyAre(invocation, page.sessions);
  const sessions = invocation.options.flag('waiting') ? rows.filter((row) => row.waiting > 0) : rows;
  const hidden = page.hidden + page.sessions.length - sessions.length;
  const more = page.next !== undefined;
  if (json) {
    printValue(terminal.out, { sessions, hidden, more });
    return EXIT.done;
  }
  const now = Date.now();
  if (sessions.length > 0)
    terminal.out.write(
      table(
        terminal.out,
        columns({
          now,
          folders: query.folder === undefined,
          held: reading.holder() !== undefined,
          known: sessions.some(({ residency }) => residency !== undefined),
        }),
        nested(sessions),
      ),
    );
  for (const line of remarks(sessions.length, hidden, more)) terminal.err.write(`${line}\n`);
  return EXIT.done;
}

function queryOf(invocation: Invocation): ListQuery {
  const { options } = invocation;
  const all = options.flag('all');
  const status = options.choice('status', STATUSES);
  if (all && options.text('cwd') !== undefined) {
    throw new CarrelError('invalid_params', '--all lists every folder: leave --cwd out');
  }
  const text = options.text('search');
  const tags = options.texts('tag');
  const shown =
    status !== undefined ? [status] : options.flag('waiting') ? WAITING : all ? undefined : PRESENT;
  return {
    owner: OWNER,
    limit: options.integer('limit', { min: 1, max: MOST_ROWS }) ?? DEFAULT_ROWS,
    ...(all ? {} : { folder: folderOf(invocation) }),
    ...(shown === undefined ? {} : { status: shown }),
    ...(text === undefined ? {} : { text }),
    ...(tags.length === 0 ? {} : { tags: tagsOf(tags) }),
  };
}

const PRESENT = STATUSES.filter((status) => status !== 'archived');
/** Where a call can wait: a parallel batch may still be at work. */
const WAITING: readonly SessionSummary['status'][] = ['running', 'waiting'];

interface Shown {
  readonly now: number;
  readonly folders: boolean;
  /** Whether a process runs sessions at all. */
  readonly held: boolean;
  /** Whether somebody said which of them are live. */
  readonly known: boolean;
}

type Row = Present & { readonly indent: number };

/** Children under their parents, where those are shown; everyone else in the order of the list. */
function nested(sessions: readonly Present[]): readonly Row[] {
  const shown = new Set(sessions.map(({ session }) => session));
  const children = Map.groupBy(sessions, ({ parent }) =>
    parent !== undefined && shown.has(parent) ? parent : '',
  );
  const under = (parent: string, indent: number): Row[] =>
    (children.get(parent) ?? []).flatMap((row) => [{ ...row, indent }, ...under(row.session, indent + 1)]);
  return under('', 0);
}

/** A column keeps no spaces at its start. */
function branch(indent: number): string {
  return indent === 0 ? '' : `└${'──'.repeat(indent - 1)} `;
}

function columns({ now, folders, held, known }: Shown): readonly Column<Row>[] {
  const folder: readonly Column<Row>[] = folders
    ? [{ head: 'FOLDER', cell: (row) => row.folder, max: 40 }]
    : [];
  return [
    { head: 'NAME', cell: ({ name, indent }) => branch(indent) + name, max: 40 },
    { head: 'STATUS', cell: (row) => statusCell(row, held), max: 20 },
    ...(known ? [{ head: 'RESIDENCY', cell: (row: Row) => row.residency ?? '' }] : []),
    { head: 'UPDATED', cell: (row) => ago(row.updatedAt, now) },
    { head: 'MODEL', cell: (row) => row.model, max: 32 },
    { head: 'TURNS', cell: (row) => String(row.turns) },
    ...folder,
    { head: 'ID', cell: (row) => row.session },
    { head: 'TITLE', cell: (row) => row.title ?? '' },
  ];
}

/** Work that no process does is asleep: the session's next command takes it up. */
function statusCell({ status, waiting, lastOutcome, position }: SessionSummary, held: boolean): string {
  if (position !== undefined) return `queued (${String(position)})`;
  if (waiting > 0) return `${status} (${String(waiting)} ?)`;
  if (status === 'running' && !held) return 'running (asleep)';
  return status === 'idle' && lastOutcome !== undefined && lastOutcome !== 'completed'
    ? `idle (${lastOutcome})`
    : status;
}

function remarks(shown: number, hidden: number, more: boolean): string[] {
  const none = shown > 0 ? [] : [hidden > 0 ? 'none to show' : 'no session here; carrel run begins one'];
  const cut = more ? ['there are more: --limit shows them'] : [];
  return [
    ...none,
    ...cut,
    ...(hidden > 0
      ? [`${String(hidden)} hidden by the filters; --all shows every folder and the archive`]
      : []),
  ];
}
