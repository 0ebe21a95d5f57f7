// What is only in a host's memory: who is live and what they hold, which files are kept, who watches, and what providers allow now. The daemon
// is asked. Where no process holds the home there is none of it, and that is known; beside another process nobody knows.
import type { HostReport } from '../host/index.ts';
import { homeHolder } from '../store/index.ts';
import { EXIT, type Exit } from './exit.ts';
import { homeOf } from './home.ts';
import type { Invocation } from './invocation.ts';
import { table, type Column } from './render/table.ts';
import { ago, span } from './render/time.ts';
import { printValue } from './render/value.ts';
import { askRunning } from './running.ts';

type Live = Partial<HostReport>;
type Cells = Readonly<Record<string, string | number>>;

interface Part {
  /** For a script. `report` is empty where nothing runs. */
  value(report: Live): unknown;
  /** For a person, a row each. */
  rows(report: Live, now: number): readonly Cells[];
}

const sessionsOf = ({ memory, sessions = {} }: Live) =>
  Object.entries(memory?.sessions ?? {}).map(([session, bytes]) => {
    const { turns = 0, requests = 0, calls = 0 } = sessions[session] ?? {};
    return { session, bytes, turns, requests, calls };
  });

const limitsOf = ({ providers = {} }: Live) =>
  Object.entries(providers).map(([provider, { breaker, requests, tokens, pausedMs }]) => ({
    provider,
    breaker,
    ...(requests === undefined ? {} : { requests }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(pausedMs === undefined ? {} : { pausedMs }),
  }));

const buffersOf = ({ viewers = 0, viewersBehind = 0 }: Live) => ({ viewers, viewersBehind });

type Left = { readonly limit: number; readonly left: number } | undefined;
const left = (bucket: Left): string =>
  bucket === undefined ? '' : `${String(Math.floor(bucket.left))} of ${String(bucket.limit)}`;

const PARTS = {
  sessions: {
    value: sessionsOf,
    rows: (report) =>
      sessionsOf(report).map(({ session, bytes, turns, requests, calls }) => ({
        SESSION: session,
        MEMORY: `${String(Math.ceil(bytes / 1024))} KiB`,
        TURNS: turns,
        REQUESTS: requests,
        CALLS: calls,
      })),
  },
  locks: {
    value: ({ locks = [] }) => locks,
    rows: ({ locks = [] }, now) =>
      locks.map(({ path, name, session, since }) => ({
        FILE: path,
        SESSION: `${name} (${session})`,
        SINCE: ago(since, now),
      })),
  },
  buffers: {
    value: buffersOf,
    rows: (report) => {
      const { viewers, viewersBehind } = buffersOf(report);
      return [{ VIEWERS: viewers, 'TIMES BEHIND': viewersBehind }];
    },
  },
  limits: {
    value: limitsOf,
    rows: (report) =>
      limitsOf(report).map(({ provider, breaker, requests, tokens, pausedMs }) => ({
        PROVIDER: provider,
        BREAKER: breaker.state,
        FAILURES: breaker.failures,
        REQUESTS: left(requests),
        TOKENS: left(tokens),
        PAUSED: pausedMs === undefined ? '' : span(pausedMs),
      })),
  },
} as const satisfies Record<string, Part>;

export type LivePart = keyof typeof PARTS;

export function isLivePart(what: string): what is LivePart {
  return Object.hasOwn(PARTS, what);
}

/** In JSON the part is null where only another process knows it. */
export async function inspectLive(invocation: Invocation, what: LivePart): Promise<Exit> {
  const { terminal, json } = invocation;
  const holder = homeHolder({ home: homeOf(invocation).dataFolder });
  const told = await askRunning(invocation, (client) => client.inspect());
  const report = told === undefined && holder === undefined ? {} : (told as Live | undefined);
  const part: Part = PARTS[what];
  if (json) {
    const value = report === undefined ? null : part.value(report);
    printValue(terminal.out, { holder: holder ?? null, [what]: value });
    return EXIT.done;
  }
  const rows = report === undefined ? [] : part.rows(report, Date.now());
  if (rows.length > 0) terminal.out.write(table(terminal.out, columnsOf(rows), rows));
  terminal.err.write(`${sentence({ holder, report, told, what }, rows.length)}\n`);
  return EXIT.done;
}

function columnsOf(rows: readonly Cells[]): readonly Column<Cells>[] {
  return Object.keys(rows[0] ?? {}).map((head) => ({
    head,
    cell: (row) => String(row[head] ?? ''),
    max: 80,
  }));
}

interface Known {
  readonly holder: number | undefined;
  readonly report: Live | undefined;
  readonly told: unknown;
  readonly what: LivePart;
}

function sentence({ holder, report, told, what }: Known, rows: number): string {
  if (told !== undefined)
    return `as the daemon ${String(holder)} says${rows === 0 ? `: no ${what} now` : ''}`;
  return report === undefined
    ? `unknown: process ${String(holder)} holds the home, and only it knows its ${what}`
    : 'no process holds the home: nothing goes on';
}
