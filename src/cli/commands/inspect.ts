// What may go on at once, and whether anything does. The numbers of a host are in its memory alone: beside it there are its bounds,
// and who it is. Without one nothing goes on, and that is known.
import type { Config } from '../../config/index.ts';
import { reserveOf } from '../../runtime/index.ts';
import { homeHolder } from '../../store/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { span } from '../render/time.ts';
import { table, type Column } from '../render/table.ts';
import { printValue } from '../render/value.ts';
import { loadSetting, usableProviders } from '../setting.ts';

interface Row {
  readonly level: 'host' | 'provider' | 'session' | 'tool';
  readonly what: string;
  readonly capacity: number;
  /** Null where another process knows. */
  readonly inUse: number | null;
  readonly waiting: number | null;
  readonly details: Readonly<Record<string, number>>;
}

export async function run(invocation: Invocation): Promise<Exit> {
  const { out } = invocation.terminal;
  const setting = loadSetting(invocation, invocation.folder);
  const holder = homeHolder({ home: setting.home.dataFolder });
  const known = holder === undefined ? 0 : null;
  const providers = usableProviders(setting).map(({ name }) => name);
  const rows = rowsOf(setting.config, providers).map((row) => ({ ...row, inUse: known, waiting: known }));
  if (invocation.json) printValue(out, { holder: holder ?? null, slots: rows });
  else {
    out.write(table(out, COLUMNS, rows));
    out.write(`\n${sentence(holder)}\n`);
  }
  return Promise.resolve(EXIT.done);
}

function sentence(holder: number | undefined): string {
  return holder === undefined
    ? 'No process holds the home: nothing is in use, and no provider is left alone.'
    : `Process ${String(holder)} holds the home. What it uses is known to it alone; these are its bounds, if it was started with them.`;
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
