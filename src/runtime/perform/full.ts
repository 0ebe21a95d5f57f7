import { contextTokens, fullAt, mayCompact, type Effect } from '../../session/index.ts';
import type { Model } from '../../model/index.ts';
import { measure } from './request.ts';
import type { Work } from './view.ts';

type Ask = Extract<Effect, { kind: 'ask' }>;

/** Whether the request would fill the context, and that is compacted first: the step is not wanted before that has ended. */
export async function fills(work: Work, { step, attempt }: Ask, model: Model): Promise<boolean> {
  const { view } = work;
  if (!mayCompact(view.state)) return false;
  const { conversation, room } = await measure(work, model);
  if (room === undefined || contextTokens(conversation) <= room * fullAt(view.state)) return false;
  // What happened meanwhile may have answered the question.
  if (!mayCompact(view.state)) return false;
  await view.submit({ type: 'context/full', step, attempt });
  return true;
}
