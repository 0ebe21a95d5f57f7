import type { SessionSummary } from '../protocol/index.ts';
import { effects, wakeAt } from './effects.ts';
import { budgetLines } from './limits.ts';
import { spendingOf } from './spending.ts';
import { statusOf } from './status.ts';
import type { SessionState } from './state.ts';

/** The list row of a session: a projection, rebuilt from the journal at any time. */
export function summaryOf(state: SessionState): SessionSummary {
  const wake = wakeAt(state);
  const status = statusOf(state);
  const budget = budgetLines(state);
  return {
    session: state.session,
    owner: state.owner,
    name: state.name,
    folder: state.folder,
    status,
    profile: state.profile.name,
    model: state.profile.model,
    mode: state.profile.mode,
    tags: { ...state.tags },
    createdAt: state.createdAt,
    updatedAt: state.updatedAt,
    seq: state.seq,
    turns: state.turns,
    messages: state.messages,
    queued: state.inputs.length,
    held: state.inputs.filter((input) => input.held).length,
    waiting: state.turn?.step?.calls.filter((call) => call.status === 'waiting').length ?? 0,
    usage: state.usage,
    spending: spendingOf(state.spent),
    open:
      (state.turn !== undefined || state.compaction !== undefined || state.runOnStartAt !== undefined) &&
      !state.archived &&
      (state.failed === undefined || effects(state).some(({ kind }) => kind === 'child')),
    ...(state.title === undefined ? {} : { title: state.title }),
    ...(state.parent === undefined ? {} : { parent: state.parent }),
    ...(state.root === undefined ? {} : { root: state.root }),
    ...(status === 'waiting' ? { questions: state.questions } : {}),
    ...(state.depth === 0 ? {} : { depth: state.depth }),
    ...(state.runOnStartAt === undefined ? {} : { runOnStartAt: state.runOnStartAt }),
    ...(state.below.cost + state.below.unknown === 0 ? {} : { spendingBelow: spendingOf(state.below) }),
    ...(state.reached === undefined ? {} : { reached: state.reached }),
    ...(budget.length === 0 ? {} : { budget: [...budget] }),
    ...(wake === undefined ? {} : { wakeAt: wake }),
    ...(state.lastOutcome === undefined ? {} : { lastOutcome: state.lastOutcome }),
    ...((state.failed ?? state.lastError) === undefined ? {} : { error: state.failed ?? state.lastError }),
  };
}
