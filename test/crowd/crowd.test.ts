// Many sessions at once, with tools, approvals, cancels, faults of the provider and kills of the host: every promise holds for each.
import { expect, test } from 'vitest';
import { violations } from '../oracle.ts';
import { liveTogether, type Crowd, type CrowdRemains } from './lives.ts';
import { isCancelled, isCareful, isDenied, kindOf, placeOf, TURNS, type Place } from './script.ts';

const CROWD: Crowd =
  process.env['CARREL_TEST_LONG'] === undefined
    ? { sessions: 60, kills: [400, 900] }
    : // A turn is taken up three times; those that wait for a slot are interrupted with all others.
      { sessions: 500, kills: [500, 5_000, 12_000] };
/** Generous: a busy machine, and a program that starts anew for each life. */
const LIMIT_MS = 60_000 + CROWD.sessions * 500;

test(`${String(CROWD.sessions)} sessions at once keep every promise`, { timeout: LIMIT_MS }, async () => {
  expect(await liveTogether(CROWD, problems)).toEqual([]);
});

function problems(remains: CrowdRemains): readonly string[] {
  const { journals, runs, refusals, orphans, exitCode } = remains;
  return [
    ...(journals.size === CROWD.sessions ? [] : [`there are ${String(journals.size)} sessions`]),
    ...(exitCode === 0 ? [] : [`the last life ended with ${String(exitCode)}`]),
    ...refusals.map((problem) => `the provider refused: ${problem}`),
    ...orphans.map((line) => `still alive: ${line}`),
    ...[...journals].flatMap(([session, events]) =>
      [...violations(events, runs.get(session)), ...outcomes(events)].map((what) => `${session}: ${what}`),
    ),
    ...lost(remains),
    ...leaks(remains),
  ];
}

type Events = CrowdRemains['journals'] extends ReadonlyMap<string, infer E> ? E : never;

/** Each input has been delivered to one turn, which ended as its kind says. */
function outcomes(events: Events): string[] {
  const delivered = new Map<string, string>();
  const places = new Map<string, Place>();
  const ended = new Map<string, string>();
  for (const event of events) {
    if (event.type === 'input.accepted') places.set(event.data.command, placeOf(event.data.text));
    if (event.type === 'input.delivered') delivered.set(event.data.command, event.turn ?? '');
    if (event.type === 'turn.finished') ended.set(event.turn ?? '', event.data.outcome);
  }
  const found = places.size === TURNS ? [] : [`it has ${String(places.size)} inputs`];
  for (const [command, place] of places) {
    const outcome = ended.get(delivered.get(command) ?? '') ?? 'none';
    if (!isExpected(place, outcome)) found.push(`${command} (${kindOf(place)}) ended ${outcome}`);
  }
  return [...found, ...answers(events, [...places.values()][0])];
}

/** After a kill a long answer may be over before its client is there again to cancel it. */
function isExpected(place: Place, outcome: string): boolean {
  if (!isCancelled(place)) return outcome === 'completed';
  return outcome === 'cancelled' || (kindOf(place) === 'long' && outcome === 'completed');
}

/** A careful session ran nothing that nobody allowed. */
function answers(events: Events, place: Place | undefined): string[] {
  if (place === undefined || !isCareful(place)) return [];
  const allowed = new Set(
    events.flatMap((event) =>
      event.type === 'approval.resolved' && event.data.decision === 'allow' ? [event.call] : [],
    ),
  );
  const found = events.flatMap(({ type, call = '' }) =>
    type === 'tool.started' && !allowed.has(call) ? [`${call} ran without an approval`] : [],
  );
  return isDenied(place) && allowed.size > 0 ? [...found, 'it allowed what it should deny'] : found;
}

function lost({ said, journals }: CrowdRemains): string[] {
  return said.flatMap((line) => {
    if (!('command' in line)) return [];
    const kept = journals
      .get(line.session)
      ?.slice(0, line.seq)
      .some((event) => event.type === 'input.accepted' && event.data.command === line.command);
    return kept === true ? [] : [`lost ${line.command} of ${line.session}`];
  });
}

/** Connections that wait for their next request belong to the platform, which lets a program end all the same. */
const PLATFORM = ['TCPSocketWrap', 'PipeWrap', 'TTYWrap'];

function leaks({ said }: CrowdRemains): string[] {
  const last = said.at(-1);
  if (last === undefined || !('report' in last)) return ['the last life said nothing in the end'];
  const { report, left, before } = last;
  const levels = { turns: report.turns, ...report.providers };
  const held = Object.entries(levels).flatMap(([name, { inUse, waiting }]) =>
    inUse === 0 && waiting === 0
      ? []
      : [`${name}: ${String(inUse)} slots in use, ${String(waiting)} waiting in the end`],
  );
  const active = Object.entries(left.resources)
    .filter(([kind, count]) => !PLATFORM.includes(kind) && count > (before.resources[kind] ?? 0))
    .map(([kind, count]) => `${String(count)} ${kind} left`);
  const open = left.descriptors - before.descriptors;
  return [
    ...held,
    ...active,
    ...(open > 0 ? [`${String(open)} descriptors left`] : []),
    ...(left.listeners > before.listeners ? ['listeners of the process left'] : []),
    ...(report.viewers === 0 ? [] : [`${String(report.viewers)} viewers left`]),
    ...(report.listenerFaults === 0 ? [] : ['a listener failed']),
    ...(report.crashes === 0 ? [] : [`${String(report.crashes)} crashes`]),
  ];
}
