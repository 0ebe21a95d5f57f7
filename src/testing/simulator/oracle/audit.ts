// What must hold at every moment.
import type { HostReport } from '../../../host/index.ts';
import type { Life, World } from '../life.ts';
import type { Simulation } from '../simulation.ts';
import { goesOnAlone } from './family.ts';
import { deafToCancel } from './work.ts';

/** So long must a host have been undisturbed, and the disk well, for deadlines to be promised. */
const WELL_MS = 4_000;

export function audit({ world, hosts, clients }: Simulation): void {
  const { disk, ledger, schedule, findings } = world;
  findings.addAll('P10', clients.orders.late());
  const lives = [...hosts.alive].filter(({ owner }) => owner.mood === 'running');
  const hears = (name: string): boolean =>
    lives.some((life) => life.name === name && life.readyFor(WELL_MS)) && disk.wellFor(WELL_MS);
  findings.addAll('P10', deafToCancel(ledger, { disk, nowMs: schedule.nowMs, hears }));
  if (lives.length > 0 && lives.every(({ name }) => hears(name)))
    findings.addAll('P10', goesOnAlone(disk, schedule.nowMs));
  for (const life of lives) {
    hosts.auditTail(life);
    findings.addAll('P8', slots(life, world.plan.limits));
    findings.addAll('P8', crowd(world, life.name));
  }
}

/** As many are at work as may be: counted by what really works. */
function* crowd({ ledger, plan: { limits } }: World, host: string): Generator<string> {
  const open = [...ledger.open].filter((record) => record.host === host && !record.signal.aborted);
  const requests = open.filter((record) => 'emitted' in record).length;
  const turns = new Set(open.map(({ session }) => session)).size;
  if (requests > limits.requestsPerProvider)
    yield `${String(requests)} requests at once, at most ${String(limits.requestsPerProvider)} may be`;
  if (turns > limits.turns) yield `${String(turns)} turns work at once, at most ${String(limits.turns)} may`;
}

/** Slots in use and free are what there is, and no queue is longer than it may be. */
function* slots(
  { name, host }: Life,
  { turns, requestsPerProvider, waitingTurns }: World['plan']['limits'],
): Generator<string> {
  if (host === undefined) return;
  const report: HostReport = host.inspect();
  const pools = [
    { pool: 'turns', capacity: turns, counts: report.turns },
    ...Object.entries(report.providers).map(([pool, counts]) => ({
      pool,
      capacity: requestsPerProvider,
      counts,
    })),
  ];
  for (const { pool, capacity, counts } of pools) {
    const { inUse, free, waiting } = counts;
    if (inUse < 0 || free < 0 || inUse + free !== capacity || waiting > waitingTurns)
      yield `${name} has ${JSON.stringify(counts)} of ${String(capacity)} ${pool}`;
  }
}
