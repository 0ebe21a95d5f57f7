// What keeps a turn from moving: calls of its own session that wait for a human, and those of the sessions below it.
import type { Client } from '../client/index.ts';
import { readLastTurn, waitingCalls, type WaitingCall } from './approvals.ts';

export interface Question extends WaitingCall {
  /** The session whose call waits. */
  readonly session: string;
  /** Its name, as someone would type it. */
  readonly name: string;
  /** It is of a session below. */
  readonly below: boolean;
}

interface Asking {
  readonly session: string;
  readonly name: string;
}

/** Its own, then those below it. */
export async function openQuestions(client: Client, top: Asking): Promise<readonly Question[]> {
  const items = await client.inbox();
  const below = items.filter(({ lineage }) => lineage.some(({ session }) => session === top.session));
  const asking = new Map([
    [top.session, top],
    ...below.map((item): [string, Asking] => [item.session, item]),
  ]);
  const found: Question[] = [];
  for (const { session, name } of asking.values())
    for (const call of waitingCalls(await readLastTurn(client.session(session))))
      found.push({ ...call, session, name, below: session !== top.session });
  return found;
}

/** The lines to type; a call is named only where several of its session wait. */
export function howToAnswer(questions: readonly Question[]): string[] {
  return questions.flatMap(({ session, name, call }) => {
    const alone = questions.filter((other) => other.session === session).length === 1;
    const target = alone ? name : `${name} ${call}`;
    return [`carrel approve ${target}`, `carrel deny ${target}`];
  });
}
