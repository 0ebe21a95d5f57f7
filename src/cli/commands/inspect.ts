// What may go on at once, and whether anything does. The numbers of a host are in its memory alone: a daemon is asked for them; beside
// another process there are its bounds, and who it is. Without one nothing goes on, and that is known.
import type { Config } from '../../config/index.ts';
import type { HostReport } from '../../host/index.ts';
import { reserveOf } from '../../runtime/index.ts';
import { homeHolder } from '../../store/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import { inspectLive, isLivePart } from '../inspect-live.ts';
import type { Invocation } from '../invocation.ts';
import { span } from '../render/time.ts';
import { table, type Column } from '../render/table.ts';
import { printValue } from '../render/value.ts';
import { askRunning } from '../running.ts';
import { loadSetting, usableProviders } from '../setting.ts';

interface Row {
  readonly level: 'host' | 'provider' | 'session' | 'tool';
  readonly what: string;
  readonly capacity: number;
  /** Null where only another process knows. */
  readonly inUse: number | null;
  readonly waiting: number | null;
  readonly details: Readonly<Record<string, number>>;
}

export async function run(invocation: Invocation): Promise<Exit> {
  const what = invocation.args[0] ?? '';
  return isLivePart(what) ? await inspectLive(invocation, what) : await inspectSlots(invocation);
}

async function inspectSlots(invocation: Invocation): Promise<Exit> {
  const { out } = invocation.terminal;
  const setting = loadSetting(invocation, invocation.folder);
  const holder = homeHolder({ home: setting.home.dataFolder });
  const report = await askRunning(invocation, (client) => client.inspect());
  const live = report as Partial<HostReport> | undefined;
  const known = holder === undefined ? 0 : null;
  const providers = usableProviders(setting).map(({ name }) => name);
  const names = [...new Set([...providers, ...Object.keys(live?.providers ?? {})])];
  const rows = rowsOf(setting.config, names).map((row) => {
    const said = live === undefined ? undefined : slotsOf(live, row);
    return said === undefined ? { ...row, inUse: known, waiting: known } : { ...row, ...said };
  });
  if (invocation.json) printValue(out, { holder: holder ?? null, slots: rows });
  else {
    out.write(table(out, COLUMNS, rows));
    out.write(`\n${sentence(holder, live)}\n`);
  }
  return EXIT.done;
}

/** What the daemon says of the bound of a row. A provider that it was not asked for, and a tool without calls, has nothing in use. */
function slotsOf(
  { turns, providers, calls, tools }: Partial<HostReport>,
  { level, what }: Bound,
): Pick<Row, 'capacity' | 'inUse' | 'waiting'> | undefined {
  if (level === 'session') return undefined;
  const slots =
    level === 'host'
      ? turns
      : level === 'provider'
        ? providers?.[what]
        : (tools?.[what] ?? (what === 'calls' ? calls : undefined));
  if (slots === undefined) return undefined;
  const { capacity, inUse, waiting } = slots;
  return { capacity, inUse, waiting };
}

function sentence(holder: number | undefined, live: Partial<HostReport> | undefined): string {
  if (holder === undefined)
    return 'No process holds the home: nothing is in use, and no provider is left alone.';
  if (live === undefined)
    return `Process ${String(holder)} holds the home. What it uses is known to it alone; these are its bounds, if it was started with them.`;
  const alone = Object.entries(live.providers ?? {}).filter(([, { breaker }]) => breaker.state !== 'closed');
  const left = alone.map(
    ([name]) => `${name} is left alone after failures; carrel models --reset ${name} asks it again.`,
  );
  return [
    `The daemon ${String(holder)} holds the home, with ${String(live.live ?? 0)} live sessions.`,
    ...left,
  ].join('\n');
}

type Bound = Omit<Row, 'inUse' | 'waiting'>;

function rowsOf({ limits, providers, tools }: Config, names: readonly string[]): readonly Bound[] {
  const { turns, reservePercent, waitingTurns, waitMs, parallelTools, toolsAtOnce } = limits;
  const reserve = reserveOf(turns, reservePercent);
  const wait = { waitingTurns, waitMs };
  return [
    { level: 'host', what: 'turns', capacity: turns, details: { reserve, ...wait } },
    ...names.map((name): Bound => {
      const { requestsPerMinute, tokensPerMinute } = providers.get(name) ?? {};
      const rates = { requestsPerMinute, tokensPerMinute };
      const set = Object.entries(rates).filter(([, rate]) => rate !== undefined) as [string, number][];
      const details = { ...Object.fromEntries(set), ...wait };
      return { level: 'provider', what: name, capacity: limits.requestsPerProvider, details };
    }),
    { level: 'session', what: 'turns', capacity: 1, details: {} },
    { level: 'session', what: 'calls', capacity: parallelTools, details: {} },
    { level: 'tool', what: 'calls', capacity: toolsAtOnce, details: { waitMs } },
    ...[...tools].map(([what, { atOnce = toolsAtOnce }]): Bound => ({
      level: 'tool',
      what,
      capacity: atOnce,
      details: { waitMs },
    })),
  ];
}

const COLUMNS: readonly Column<Row>[] = [
  { head: 'LEVEL', cell: (row) => row.level },
  { head: 'WHAT', cell: (row) => row.what, max: 32 },
  { head: 'AT ONCE', cell: (row) => String(row.capacity) },
  { head: 'IN USE', cell: (row) => (row.inUse === null ? '?' : String(row.inUse)) },
  { head: 'WAITING', cell: (row) => (row.waiting === null ? '?' : String(row.waiting)) },
  { head: 'BOUNDS', cell: ({ details }) => Object.entries(details).map(bound).join(', ') },
];

function bound([name, value]: readonly [string, number]): string {
  return name.endsWith('Ms') ? `${name.slice(0, -2)} ${span(value)}` : `${name} ${String(value)}`;
}
