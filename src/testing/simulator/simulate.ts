// One run: a plan is carried out, then nothing goes wrong any more, everything must settle, and what is left is judged.
import type { Violation } from './findings.ts';
import { audit } from './oracle/audit.ts';
import type { Action } from './plan.ts';
import { settle } from './settle.ts';
import { Simulation } from './simulation.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** Numbers of the actions that are done; default all of the seed's plan. */
  readonly only?: readonly number[];
  /** Gives up when it is still running then: a run that never ends is a violation of P8. Default 200,000. */
  readonly mostSteps?: number;
}

/** What happened, so that a run in which nothing did can be told from one that went well. */
export interface Tally {
  readonly deaths: number;
  readonly closes: number;
  readonly requests: number;
  readonly runs: number;
  readonly commands: number;
  readonly events: number;
  readonly viewed: number;
  readonly children: number;
}

export interface SimulationResult {
  readonly seed: number;
  /** Those of the plan that were to be done. */
  readonly actions: readonly Action[];
  /** Empty when every promise was kept; a run ends with the first that is broken. */
  readonly violations: readonly Violation[];
  /** Things that happened one at a time: timers, halves of store calls, pieces of answers, ends of tools, commands, faults. */
  readonly steps: number;
  /** Virtual time. */
  readonly lastedMs: number;
  /** Of everything that happened, in order: the same seed gives the same. */
  readonly hash: string;
  /** The newest lines of what happened. */
  readonly trace: readonly string[];
  readonly tally: Tally;
}

const MOST_STEPS = 200_000;

/** Runs one seed. Everything in it is virtual but a look at a folder; the same options give the same result. */
export async function simulate({
  seed,
  only,
  mostSteps = MOST_STEPS,
}: SimulationOptions): Promise<SimulationResult> {
  const run = new Simulation({ seed, only, mostSteps, audit });
  if (await run.run()) await settle(run);
  return resultOf(run);
}

function resultOf({ world, hosts, clients, trace }: Simulation): SimulationResult {
  const { plan, schedule, findings, disk, ledger } = world;
  const journals = [...disk.journals.values()];
  return {
    seed: plan.seed,
    actions: plan.actions,
    violations: findings.all,
    steps: schedule.steps,
    lastedMs: schedule.nowMs,
    hash: trace.hash,
    trace: trace.lines,
    tally: {
      deaths: hosts.deaths,
      closes: hosts.closes,
      requests: ledger.requests.length,
      runs: ledger.runs.length,
      commands: clients.orders.all.length,
      events: journals.reduce((sum, { head }) => sum + head, 0),
      children: journals.filter(({ born }) => born?.parent !== undefined).length,
      viewed: clients.viewers.reduce((sum, { seen }) => sum + seen, 0),
    },
  };
}
