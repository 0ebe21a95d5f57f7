// When nothing goes wrong any more: everything that waits comes to an end, neighbours of a bad session work on, viewers see all there is, a
// host that is closed leaves nothing behind; and then the journals are read.
import { isDeepStrictEqual } from 'node:util';
import { familyProblems } from './oracle/family.ts';
import { judgeHistory } from './oracle/history.ts';
import type { Simulation } from './simulation.ts';

/** A human looks at everything that often, ms; less and less, when nothing happens for long. */
const LOOK_MS = { first: 500, last: 60_000 };
/** Longer than any wait that is configured, and than an hour that a clock was put back. */
const SETTLE_MS = 3 * 60 * 60_000;
/** What a turn of a well-behaved session takes at most, with six steps of four slow calls. */
const TURN_MS = 60_000;
const VIEW_MS = 30_000;
/** The last result is durable; its answer is still on the way, and a deaf tool has 5 s. */
const RELEASE_MS = 10_000;

export async function settle(run: Simulation): Promise<void> {
  calm(run);
  const oneHost = (): boolean => run.hosts.alive.size === 1 && run.hosts.current?.host !== undefined;
  if (!(await reached(run, { what: 'one host is open', done: oneHost }))) return;
  look(run);
  for (const session of run.world.disk.journals.keys()) run.clients.insist(session, 'rename');
  const idle = (): boolean => unsettled(run).next().done === true;
  if (!(await reached(run, { what: 'everything has settled', done: idle }))) return;
  if (!(await neighbours(run))) return;
  if (!(await viewed(run))) return;
  if (!(await balanced(run))) return;
  await closed(run);
  judge(run);
}

function calm({ world: { disk } }: Simulation): void {
  disk.strike = undefined;
  disk.loses = 0;
  disk.refusesUntil.write = 0;
  disk.refusesUntil.read = 0;
  disk.slowUntilMs = 0;
}

interface Goal {
  readonly what: string;
  readonly done: () => boolean;
  readonly withinMs?: number;
}

async function reached(run: Simulation, { what, done, withinMs = SETTLE_MS }: Goal): Promise<boolean> {
  if (await run.until(done, withinMs)) return true;
  const { findings } = run.world;
  if (findings.all.length > 0) return false;
  const stuck = [...unsettled(run)].slice(0, 4).join('; ');
  findings.add('P8', `after ${String(withinMs)} ms it does not hold that ${what}: ${stuck}`);
  return false;
}

/** What still waits. */
function* unsettled({ world: { disk }, clients }: Simulation): Generator<string> {
  for (const place of clients.wanted) yield `session ${String(place)} is not created`;
  for (const { command, session } of clients.orders.open)
    yield `${command.id} (${command.type}) to ${session}`;
  for (const [session, journal] of disk.journals) {
    if (journal.turn !== undefined) yield `${journal.turn} of ${session} is open at ${String(journal.head)}`;
    if (journal.queued.length > 0) yield `${journal.queued.join()} wait in ${session}`;
    if (journal.archived || journal.failed) yield `${session} is archived or failed`;
  }
}

/** Answers what is asked, goes on with what is held. */
function look(run: Simulation, inMs = LOOK_MS.first): void {
  const { world, clients } = run;
  for (const [session, journal] of world.disk.journals) {
    if (journal.archived) clients.insist(session, 'restore');
    else if (journal.failed) clients.insist(session, 'revive');
    else if (journal.waiting.length > 0) clients.insist(session, 'approve');
    else if (journal.turn === undefined && journal.queued.length > 0) clients.insist(session, 'continue');
  }
  const next = Math.min(inMs * 1.05, LOOK_MS.last);
  world.schedule.add({ delayMs: inMs, what: 'a human looks', run: () => look(run, next) });
}

/** P6: while one session's model and tools do their worst, the others work. */
async function neighbours(run: Simulation): Promise<boolean> {
  const { world, clients, tempers } = run;
  const [bad, ...good] = [...clients.sessions.values()];
  const { turns, requestsPerProvider, waitingTurns, liveSessions } = world.plan.limits;
  // Where there is not room for all, some wait or are refused, and nothing is wrong.
  const room = Math.min(
    turns - 1,
    requestsPerProvider - 1,
    liveSessions - good.length,
    waitingTurns - good.length,
  );
  if (bad === undefined || good.length === 0 || room < 1) return true;
  tempers.set(bad, 'hostile');
  for (const session of good) tempers.set(session, 'good');
  const heads = new Map(good.map((session) => [session, world.disk.journal(session).head]));
  for (const session of [bad, ...good]) clients.insist(session, 'send');
  const worked = (session: string): boolean =>
    world.disk
      .journal(session)
      .events.slice(heads.get(session))
      .some(({ type }) => type === 'turn.finished');
  const done = (): boolean => good.every(worked);
  const withinMs = TURN_MS * good.length;
  if (await run.until(done, withinMs)) {
    const idle = (): boolean => unsettled(run).next().done === true;
    return reached(run, { what: 'the bad session has settled', done: idle });
  }
  if (world.findings.all.length === 0)
    world.findings.add(
      'P6',
      `${good.filter((session) => !worked(session)).join()} did not work beside ${bad}`,
    );
  return false;
}

/** P7: in the end everyone has seen everything. */
async function viewed(run: Simulation): Promise<boolean> {
  const { world, hosts, clients } = run;
  const { current } = hosts;
  for (const viewer of clients.viewers)
    if (viewer.life === undefined && current !== undefined) void viewer.join(current);
  const behind = () =>
    clients.viewers.filter(({ session, seen }) => seen !== world.disk.journal(session).head);
  if (await run.until(() => behind().length === 0, VIEW_MS)) return true;
  if (world.findings.all.length > 0) return false;
  const [first] = behind();
  const where = `${String(first?.seen)} of ${String(world.disk.journal(first?.session ?? '').head)}`;
  world.findings.add('P7', `a viewer of ${String(first?.session)} saw ${where}`);
  return false;
}

/** P8: nothing is at work, so nothing is held. */
async function balanced(run: Simulation): Promise<boolean> {
  const { hosts, world } = run;
  const { findings } = world;
  const held = (): readonly string[] => {
    const report = hosts.current?.host?.inspect();
    if (report === undefined) return [];
    const { liveSessions } = world.plan.limits;
    if (report.live > liveSessions)
      return [`${String(report.live)} sessions are live, at most ${String(liveSessions)} may be`];
    return Object.entries({ turns: report.turns, ...report.providers }).flatMap(
      ([pool, { inUse, waiting }]) =>
        inUse + waiting === 0 ? [] : [`of ${pool} ${String(inUse)} are in use and ${String(waiting)} wait`],
    );
  };
  if (await run.until(() => held().length === 0, RELEASE_MS)) return true;
  if (findings.all.length === 0) findings.add('P8', `nothing works, but ${held().join(', ')}`);
  return false;
}

async function closed(run: Simulation): Promise<void> {
  const { hosts } = run;
  const life = hosts.current;
  if (life === undefined) return;
  void hosts.close(life, false);
  await run.until(() => !hosts.alive.has(life));
}

function judge({ world, hosts, clients }: Simulation): void {
  const { disk, ledger, findings } = world;
  hosts.auditOrphans();
  for (const [session, journal] of disk.journals) {
    const dice = world.dice.of(`cuts of ${session}`);
    judgeHistory({ session, journal, ledger, dice }, findings);
    const kept = (disk.data.sessions.get(session)?.events ?? []).map((event) => JSON.parse(event) as object);
    const told = journal.events.map(
      ({ session: _session, ...event }) => JSON.parse(JSON.stringify(event)) as object,
    );
    if (!isDeepStrictEqual(kept, told))
      findings.add('P1', `the journal of ${session} is not what was written`);
  }
  findings.addAll('P4', familyProblems(disk));
  const roots = [...disk.journals.values()].filter(({ born }) => born?.parent === undefined);
  if (clients.sessions.size !== roots.length) findings.add('P1', 'there are sessions that nobody created');
}
