// What the demo says of itself, checked against the journals.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InboxItem, SessionEvent } from '../../src/protocol/index.ts';
import { PID_FILE, SPENDER_STEPS, TELLERS } from './cast.ts';
import type { Shown } from './watch.ts';

type Events = readonly SessionEvent[];

export interface Evidence {
  readonly folder: string;
  /** Of every session, children too, by name. */
  readonly journals: ReadonlyMap<string, Events>;
  /** Of every teller, by name. */
  readonly shown: ReadonlyMap<string, Shown>;
  /** The one inbox after the kill, before anyone answered. */
  readonly inbox: readonly InboxItem[];
}

export interface Claim {
  readonly text: string;
  readonly holds: boolean;
}

export function checkClaims(evidence: Evidence): readonly Claim[] {
  return [...aboutTheKill(evidence), ...aboutTheCancel(evidence), ...aboutTheHumans(evidence)];
}

function aboutTheKill({ journals, shown }: Evidence): readonly Claim[] {
  const told = [...shown].map(([name, text]) => ({ ...text, events: of(journals, name) }));
  const many = String(told.length);
  return [
    {
      text: `what ${many} sessions had said before the kill was kept, and is marked interrupted`,
      holds:
        told.length === TELLERS.length &&
        told.every(({ events, text, before }) => {
          const kept = keptText(events);
          return kept !== '' && kept.startsWith(before) && (kept.startsWith(text) || text.startsWith(kept));
        }),
    },
    {
      text: `the next host took up all ${many}, each once, and their answers came to the end`,
      holds: told.every(
        ({ events }) => count(events, 'session.recovered') === 1 && ended(events) === 'completed',
      ),
    },
    {
      text: `no event of ${String(journals.size)} sessions is missing`,
      holds:
        journals.size > TELLERS.length &&
        [...journals.values()].every(
          (events) => events.length > 0 && events.every(({ seq }, index) => seq === index + 1),
        ),
    },
  ];
}

function aboutTheCancel({ folder, journals }: Evidence): readonly Claim[] {
  const runner = of(journals, 'runner');
  return [
    {
      text: 'the cancelled call is recorded as cancelled, the one before it as it ended',
      holds: outcomes(runner).join() === 'error,cancelled' && ended(runner) === 'cancelled',
    },
    {
      text: 'the process of the cancelled call is gone',
      holds: !isAlive(Number(readFileSync(join(folder, PID_FILE), 'utf8'))),
    },
  ];
}

function aboutTheHumans({ folder, journals, inbox }: Evidence): readonly Claim[] {
  const [mender, lead, spender] = ['mender', 'lead', 'spender'].map((name) => of(journals, name));
  const children = inbox.filter(({ lineage }) => lineage.map(({ name }) => name).join() === 'lead');
  return [
    {
      text: 'the questions of two children, under their parent, and of a third session stood in one inbox',
      holds: inbox.length === 3 && children.length === 2 && inbox.some(({ name }) => name === 'mender'),
    },
    {
      text: 'what each of them asked for ran once, after it was allowed',
      holds: [mender ?? [], ...children.map(({ name }) => of(journals, name))].every(ranOnceAllowed),
    },
    {
      text: 'the parent got both answers and finished',
      holds: outcomes(lead ?? []).join() === 'ok,ok' && ended(lead ?? []) === 'completed',
    },
    {
      text: `the budget stopped the spender after ${String(SPENDER_STEPS)} steps, until it was raised`,
      holds: stoppedThenRaised(spender ?? []),
    },
    { text: "the sample project's tests pass now", holds: testsPass(folder) },
  ];
}

function ranOnceAllowed(events: Events): boolean {
  const asked = events.find(({ type }) => type === 'approval.requested')?.call;
  const about = events.filter(({ call }) => call === asked && asked !== undefined).map(({ type }) => type);
  return (
    about.join() === 'tool.requested,approval.requested,approval.resolved,tool.started,tool.finished' &&
    outcomes(events).every((status) => status === 'ok')
  );
}

function stoppedThenRaised(events: Events): boolean {
  const [reached, raised] = ['budget.reached', 'budget.raised'].map((wanted) =>
    events.findIndex(({ type }) => type === wanted),
  ) as [number, number];
  return (
    count(events.slice(0, reached), 'step.started') === SPENDER_STEPS &&
    count(events.slice(reached, raised), 'step.started') === 0 &&
    raised > reached &&
    ended(events) === 'completed'
  );
}

function of(journals: Evidence['journals'], name: string): Events {
  return journals.get(name) ?? [];
}

function count(events: Events, wanted: SessionEvent['type']): number {
  return events.filter(({ type }) => type === wanted).length;
}

function ended(events: Events): string | undefined {
  return events.flatMap((event) => (event.type === 'turn.finished' ? [event.data.outcome] : [])).at(-1);
}

/** The interrupted text of the last answer that was cut. */
export function keptText(events: Events): string {
  const cut = events.filter((event) => event.type === 'text.ended' && event.data.interrupted === true);
  const last = cut.at(-1);
  return last?.type === 'text.ended' ? last.data.text : '';
}

export function outcomes(events: Events): readonly string[] {
  return events.flatMap((event) => (event.type === 'tool.finished' ? [event.data.status] : []));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function testsPass(folder: string): boolean {
  // The runner of the demo may itself be a test: the marker would make the inner one report to it.
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
  return spawnSync(process.execPath, ['--test'], { cwd: folder, env }).status === 0;
}
