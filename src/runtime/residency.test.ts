import { describe, expect, it } from 'vitest';
import { Conversation } from '../session/index.ts';
import { manualClock } from '../testing/index.ts';
import { Conversations } from './conversations.ts';
import { Residency, type Resident } from './residency.ts';
import type { Scope } from './scope.ts';

const MIB = 1024 * 1024;

interface Stage {
  readonly residency: Residency;
  readonly conversations: Conversations;
  readonly asleep: string[];
  readonly faults: string[];
  /** MiB of the process. */
  memory: number;
}

type Like = Partial<Resident> & { readonly id: string };

/** Live sessions, used last at the time of their place in the list unless they say otherwise. */
function stage(residents: readonly Like[]): Stage {
  const clock = manualClock();
  const conversations = new Conversations(clock);
  const asleep: string[] = [];
  const faults: string[] = [];
  const live = new Map<string, Resident>(
    residents.map((like, n) => [like.id, { idle: true, lastUsedAt: n, bytes: 2_048, ...like }]),
  );
  const self: Stage = {
    conversations,
    asleep,
    faults,
    memory: 100,
    residency: new Residency({
      scope: {
        conversations,
        memoryBytes: () => self.memory * MIB,
        fault: (what: string, _error: unknown, session = '') => faults.push(`${what} ${session}`.trim()),
      } as unknown as Scope,
      limits: { liveSessions: 8, asleepAfterMs: 1_000, memoryMb: 200, sessionMemoryMb: 75 },
      live: () => live.values(),
      sleep: (session) => {
        asleep.push(session);
        live.delete(session);
        return Promise.resolve();
      },
    }),
  };
  return self;
}

const named = (count: number, like: Partial<Resident> = {}): Like[] =>
  Array.from({ length: count }, (_, n) => ({ id: `s${String(n)}`, ...like }));

describe('age', () => {
  it('puts to sleep who was not used for long, and spares who is at work', () => {
    const { residency, asleep } = stage([
      { id: 'old', lastUsedAt: 0 },
      { id: 'busy', lastUsedAt: 0, idle: false },
      { id: 'new', lastUsedAt: 1 },
    ]);
    residency.look(1_000);
    expect(asleep).toEqual(['old']);
  });

  it('forgets messages long before that', () => {
    const { residency, conversations } = stage([]);
    const conversation = new Conversation();
    conversation.size = 10;
    conversations.keep('s', conversation);
    residency.look(100);
    expect(conversations.sizeOf('s')).toBe(10);
    residency.look(101);
    expect(conversations.sizeOf('s')).toBe(0);
  });
});

describe('the size of a session', () => {
  it('is warned of once, and puts it to sleep when it is too large and idle', () => {
    const { residency, asleep, faults } = stage([
      { id: 'small', bytes: 50 * MIB },
      { id: 'warned', bytes: 51 * MIB },
      { id: 'large', bytes: 76 * MIB },
      { id: 'large and busy', bytes: 500 * MIB, idle: false },
    ]);
    residency.look(10);
    residency.look(20);
    expect(asleep).toEqual(['large']);
    expect(faults).toEqual([
      'a session holds much memory warned',
      'a session holds much memory large',
      'a session holds much memory large and busy',
    ]);
  });
});

describe('short memory', () => {
  it('puts idle sessions to sleep, oldest first, a part of them at a time, until there is enough', () => {
    const self = stage([...named(8), { id: 'busy', idle: false, lastUsedAt: -1 }]);
    self.residency.look(10);
    expect([self.asleep, self.faults]).toEqual([[], []]);
    self.memory = 201;
    self.residency.look(20);
    expect([self.asleep, self.faults]).toEqual([['s0', 's1'], ['memory is short']]);
    self.residency.look(30);
    expect([self.asleep.slice(2), self.faults]).toEqual([['s2', 's3'], ['memory is short']]);
    self.memory = 200;
    self.residency.look(40);
    expect(self.asleep).toHaveLength(4);
    self.memory = 300;
    self.residency.look(50);
    expect(self.faults).toHaveLength(2);
  });

  it('drops the messages of all', () => {
    const self = stage(named(1));
    self.conversations.keep('s0', new Conversation());
    self.memory = 201;
    self.residency.look(0);
    expect(self.conversations.take('s0')).toBeUndefined();
  });
});

describe('room for one more', () => {
  it('is made by who was idle longest', async () => {
    const { residency, asleep } = stage([{ id: 'busy', idle: false }, ...named(3)]);
    await residency.makeRoom();
    expect(asleep).toEqual(['s0']);
  });

  it('is refused when nobody is idle', async () => {
    const { residency } = stage(named(3, { idle: false }));
    await expect(residency.makeRoom()).rejects.toMatchObject({ code: 'limit_reached' });
  });
});
