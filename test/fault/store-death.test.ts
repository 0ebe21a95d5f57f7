// The host's store dies at its k-th call, for every k of several turns, before or after the call took effect. Another host then
// opens what is left and finishes the work: nothing acknowledged may be lost, and no tool may run twice in silence.
import { describe, expect, it } from 'vitest';
import { scriptedModel, type ModelRequest, type ScriptAnswer } from '../../src/model/index.ts';
import { createMemoryStore, memoryData, type Store } from '../../src/store/index.ts';
import { faultyStore, openTestHost, testTool, type TestHost } from '../../src/testing/index.ts';
import type { SessionHandle } from '../../src/host/index.ts';
import type { CommandReply } from '../../src/protocol/index.ts';
import { allEvents, violations } from '../oracle.ts';

interface Turn {
  readonly name: string;
  /** The n-th answer, by how many answers the request's transcript shows. */
  readonly answers: readonly ScriptAnswer[];
  readonly mode?: 'ask' | 'full';
  readonly drive: (
    session: SessionHandle,
    acknowledged: (reply: Promise<CommandReply>) => Promise<unknown>,
  ) => Promise<unknown>;
  /** What a human does after the restart, when something waits. */
  readonly finish?: (session: SessionHandle) => Promise<unknown>;
}

const CALL = (tool: string, n: number) => ({ call: tool, args: { n } });

const TURNS: readonly Turn[] = [
  {
    name: 'text',
    answers: [[{ reasoning: 'so' }, { text: ['Hel', 'lo'] }]],
    drive: (session, ack) => ack(session.send('hi')),
  },
  {
    name: 'two tool rounds',
    answers: [[{ text: 'first' }, CALL('write', 1)], [CALL('read', 2), CALL('write', 3)], [{ text: 'done' }]],
    drive: (session, ack) => ack(session.send('work')),
  },
  {
    name: 'a parallel batch',
    answers: [[CALL('look', 1), CALL('look', 2), CALL('look', 3)], [{ text: 'done' }]],
    drive: (session, ack) => ack(session.send('look')),
  },
  {
    name: 'an approval',
    mode: 'ask',
    answers: [[CALL('write', 1)], [{ text: 'done' }]],
    drive: async (session, ack) => {
      await ack(session.send('write'));
      await session.settled();
      await ack(session.approve());
    },
    finish: (session) => session.approve(),
  },
  {
    name: 'a cancel behind a queued input',
    answers: [[CALL('write', 1), CALL('write', 2)], [{ text: 'done' }]],
    drive: async (session, ack) => {
      await ack(session.send('work'));
      await ack(session.send('and then this'));
      await ack(session.cancel('enough'));
    },
  },
  {
    name: 'an empty answer and a steering input',
    answers: [[CALL('write', 1)], [], [{ text: 'done' }]],
    drive: async (session, ack) => {
      await ack(session.send('work'));
      await ack(session.send('mind the step', { delivery: 'steer' }));
    },
  },
];

/** As long a life as any of these turns needs: more calls than that, and the turn does not end. */
const MOST_CALLS = 60;

function answerOf(turn: Turn): (request: ModelRequest) => ScriptAnswer {
  return ({ messages }) =>
    turn.answers[messages.filter((message) => message.role === 'assistant').length] ?? [{ text: 'the end' }];
}

function openOn(store: Store, turn: Turn, runs: Map<string, number>): Promise<TestHost> {
  const count = (call: string): string => {
    runs.set(call, (runs.get(call) ?? 0) + 1);
    return 'done';
  };
  return openTestHost({
    store,
    model: scriptedModel({ answers: answerOf(turn) }),
    profile: { mode: turn.mode ?? 'full' },
    tools: [
      testTool({ name: 'write', access: 'write', run: (_args, { call }) => count(call) }),
      testTool({ name: 'read', idempotent: true, run: (_args, { call }) => count(call) }),
      testTool({ name: 'look', idempotent: true, parallel: true, run: (_args, { call }) => count(call) }),
    ],
  });
}

/** Lives until the turn has ended or the store is dead. Gives what was acknowledged, and whether it died. */
async function live(turn: Turn, store: ReturnType<typeof faultyStore>, runs: Map<string, number>) {
  const test = await openOn(store, turn, runs);
  const acknowledged: string[] = [];
  const life = async (): Promise<void> => {
    const session = await test.session();
    acknowledged.push(session.id);
    await turn.drive(session, async (sent) => {
      const { turn: id, seq } = await sent;
      acknowledged.push(`${id ?? ''}@${String(seq)}`);
    });
    await session.settled();
    await test.host.close();
  };
  const ended = await Promise.race([
    life().then(() => 'ended' as const),
    store.dead.then(() => 'died' as const),
  ]);
  return { acknowledged, died: ended === 'died' };
}

async function finish(
  turn: Turn,
  data: ReturnType<typeof memoryData>,
  runs: Map<string, number>,
): Promise<readonly string[]> {
  await using test = await openOn(createMemoryStore(data), turn, runs);
  const { sessions } = await test.host.list({ limit: 10 });
  expect(sessions.length).toBeLessThanOrEqual(1);
  const [row] = sessions;
  if (row === undefined) return [];
  const session = await test.host.session(row.session);
  if ((await session.settled()).status === 'waiting') {
    await turn.finish?.(session);
    expect((await session.settled()).status).toBe('idle');
  }
  expect(test.host.inspect().turns).toMatchObject({ inUse: 0, waiting: 0 });
  const events = await allEvents(test.store, row.session);
  expect(violations(events, runs)).toEqual([]);
  expect(events.at(-1)?.seq).toBe((await session.summary()).seq);
  return [row.session, ...events.map((event) => `${event.turn ?? ''}@${String(event.seq)}`)];
}

function reached(acknowledged: readonly string[], journal: readonly string[]): boolean {
  const head = journal.length - 1;
  return acknowledged.every((item) =>
    item.includes('@') ? Number(item.slice(item.indexOf('@') + 1)) <= head : journal[0] === item,
  );
}

describe.each(TURNS)('a host whose store dies during $name', (turn) => {
  it.each([false, true])(
    'loses nothing, wherever it dies (the call took effect: %s)',
    async (takesEffect) => {
      let deaths = 0;
      for (let at = 1; at <= MOST_CALLS; at++) {
        const data = memoryData();
        const runs = new Map<string, number>();
        const store = faultyStore(createMemoryStore(data), { at, fault: 'die', takesEffect });
        const { acknowledged, died } = await live(turn, store, runs);
        const journal = await finish(turn, data, runs);
        expect(
          reached(acknowledged, journal),
          `acknowledged ${acknowledged.join(' ')}, died at call ${String(at)}`,
        ).toBe(true);
        if (!died) break;
        deaths = at;
      }
      expect(deaths).toBeGreaterThan(5);
      expect(deaths).toBeLessThan(MOST_CALLS);
    },
  );
});
