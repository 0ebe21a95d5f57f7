// What tests of sessions that start others share.
import type { SessionSummary } from '../protocol/index.ts';
import type { ModelRequest, ScriptAnswer } from '../model/index.ts';
import { openTestHost, scriptedModel, type TestHost, type TestHostOptions } from '../testing/index.ts';
import { builtinTools } from '../tool/index.ts';
import { journal } from './fixtures.ts';

/** The tools that the runtime does itself. */
export const FAMILY = builtinTools().filter(({ kind }) => kind !== undefined);

/** Answers by the text of the last user message and by how many answers came since. */
export type Plan = Readonly<Record<string, readonly ScriptAnswer[]>>;

export function planned(plan: Plan): (request: ModelRequest) => ScriptAnswer {
  return ({ messages }) => {
    const at = messages.findLastIndex(({ role }) => role === 'user');
    const first = messages[at]?.parts[0];
    const task = first?.type === 'text' ? first.text.replace(/^\[From session .*\]\n/, '') : '';
    const done = messages.slice(at).filter(({ role }) => role === 'assistant').length;
    return plan[task]?.[done] ?? [{ text: `${task} is done` }];
  };
}

export const spawn = (prompt: string, more: object = {}) => ({ call: 'spawn', args: { prompt, ...more } });

export function openFamily(plan: Plan, options: TestHostOptions = {}): Promise<TestHost> {
  return openTestHost({
    model: scriptedModel({ answers: planned(plan) }),
    ...options,
    tools: [...FAMILY, ...(options.tools ?? [])],
  });
}

/** What the calls of a session came to, in the order of the calls. */
export async function results(test: TestHost, session: string): Promise<string[]> {
  const events = await journal(test.store, session);
  const calls = events.flatMap(({ type, call }) => (type === 'tool.requested' ? [call] : []));
  return calls.map((wanted) => {
    const end = events.find(({ type, call }) => type === 'tool.finished' && call === wanted);
    return end?.type === 'tool.finished' ? `${end.data.status}: ${end.data.output.text}` : 'open';
  });
}

export async function family(test: TestHost): Promise<readonly SessionSummary[]> {
  const { sessions } = await test.host.list({ limit: 1_000 });
  return sessions.toSorted((a, b) => (a.depth ?? 0) - (b.depth ?? 0));
}
