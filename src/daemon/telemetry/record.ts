// From what the host says to the numbers of the table.
import type { Asked, Committed, Fact } from '../../host/index.ts';
import type { SessionEvent } from '../../protocol/index.ts';
import type { Measures } from './measures.ts';

const SECOND = 1000;
/** Costs are in millionths of a dollar. */
const MICRO = 1_000_000;

const TIMED = {
  created: 'carrel_session_create_seconds',
  woken: 'carrel_session_wake_seconds',
  slept: 'carrel_session_sleep_seconds',
  erased: 'carrel_session_erase_seconds',
  opened: 'carrel_session_open_seconds',
} as const;

export function record(measures: Measures, fact: Fact): void {
  switch (fact.type) {
    case 'asked':
      return recordRequest(measures, fact);
    case 'committed':
      for (const event of fact.events) recordEvent(measures, fact, event);
      return;
    case 'appended':
      measures.observe('carrel_append_seconds', [], fact.tookMs / SECOND);
      if (fact.error !== undefined) measures.add('carrel_errors_total', ['save', fact.error]);
      return;
    default:
      if (fact.type === 'created') measures.add('carrel_events_total', ['session.created']);
      measures.observe(TIMED[fact.type], [], fact.tookMs / SECOND);
  }
}

function recordRequest(measures: Measures, fact: Asked): void {
  const { provider, model, tookMs, firstMs, answer, error } = fact;
  measures.observe('carrel_model_request_seconds', [provider, error ?? 'ok'], tookMs / SECOND);
  if (firstMs !== undefined) measures.observe('carrel_first_token_seconds', [provider], firstMs / SECOND);
  // Stopping a request is no fault of its provider.
  if (error !== undefined && error !== 'cancelled')
    measures.add('carrel_provider_faults_total', [provider, error]);
  if (answer === undefined) return;
  const { usage, cost = 0 } = answer;
  measures.add('carrel_tokens_total', [provider, model, 'input'], usage.input);
  measures.add('carrel_tokens_total', [provider, model, 'output'], usage.output);
  measures.add('carrel_tokens_total', [provider, model, 'cached'], usage.cachedInput ?? 0);
  measures.add('carrel_cost_dollars_total', [provider, model], cost / MICRO);
}

function recordEvent(measures: Measures, commit: Committed, event: SessionEvent): void {
  measures.add('carrel_events_total', [event.type]);
  switch (event.type) {
    case 'turn.finished': {
      const { outcome, error } = event.data;
      const startedAt = turnStart(commit, event.turn);
      if (startedAt !== undefined)
        measures.observe('carrel_turn_seconds', [outcome], Math.max(0, event.at - startedAt) / SECOND);
      if (error !== undefined) measures.add('carrel_errors_total', ['turn', error.code]);
      return;
    }
    case 'tool.finished': {
      const { status, tookMs, error } = event.data;
      const tool = toolOf(commit, event.call);
      if (tookMs !== undefined && tool !== undefined)
        measures.observe('carrel_tool_seconds', [tool, status], tookMs / SECOND);
      if (error !== undefined) measures.add('carrel_errors_total', ['tool', error.code]);
      return;
    }
    case 'session.recovered':
      return measures.add('carrel_session_recoveries_total');
    default:
  }
}

/** Epoch ms; a turn may begin and end in one commit. */
export function turnStart({ before, events }: Committed, turn: string | undefined): number | undefined {
  if (before.turn?.id === turn) return before.turn?.startedAt;
  return events.find((event) => event.type === 'turn.started' && event.turn === turn)?.at;
}

export function toolOf({ before, events }: Committed, call: string | undefined): string | undefined {
  const known = before.turn?.step?.calls.find(({ id }) => id === call)?.tool;
  if (known !== undefined) return known;
  const asked = events.find((event) => event.type === 'tool.requested' && event.call === call);
  return asked?.type === 'tool.requested' ? asked.data.tool : undefined;
}
