// A link whose connections come and go: what is asked is carried out once, what is read is read once.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { invariant, systemRandom, type Random } from '../../base/index.ts';
import { codeOf, type Link, type ViewItem } from '../../protocol/index.ts';
import {
  manualClock,
  openTestHost,
  scriptedModel,
  type ManualClock,
  type TestHost,
} from '../../testing/index.ts';
import { told, until } from '../contract.ts';
import { Client, openRemoteLink, type RemoteOptions } from '../index.ts';
import { Net } from '../net.fixture.ts';

const NEVER = new Promise<never>(() => undefined);
/** Holds its answer to `hold` in the middle, for good. */
const TALKATIVE = scriptedModel({
  answers: ({ messages }) =>
    JSON.stringify(messages.at(-1)).includes('hold')
      ? [{ text: ['He', { wait: NEVER }] }]
      : [{ text: ['He', 'l', 'lo', ' ', 'you'] }],
});
const isDelta = ({ type }: ViewItem): boolean => type === 'delta';
/** The lower half of every wait by chance. */
const ZERO: Random = (bytes) => new Uint8Array(bytes);

/** What a reader saw, checked piece by piece: every event once, every unit of text once. */
class Reader {
  readonly seqs: number[] = [];
  readonly #parts = new Map<string, string>();

  take(item: ViewItem): void {
    if (item.type !== 'delta') {
      this.seqs.push(item.seq);
      if (item.type !== 'text.ended') return;
      const { part, text } = item.data;
      invariant(text.startsWith(this.#parts.get(part) ?? ''), `${text} replaces other text`);
      this.#parts.delete(part);
      return;
    }
    const shown = this.#parts.get(item.part) ?? '';
    invariant(item.offset === shown.length, `offset ${String(item.offset)} at ${String(shown.length)}`);
    this.#parts.set(item.part, shown + item.text);
  }
}

/** Messages of the net arrive in one turn of the timers. */
const delivered = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Time that goes on by itself while something is waited for, more slowly than messages travel. */
async function flowing<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  let over = false;
  const done = work.finally(() => {
    over = true;
  });
  done.catch(() => undefined);
  while (!over) {
    await clock.advance(50);
    await delivered();
  }
  return done;
}

interface Opened extends AsyncDisposable {
  readonly test: TestHost;
  readonly net: Net;
  readonly clock: ManualClock;
  readonly link: Link;
  readonly client: Client;
}

async function open(options: RemoteOptions = {}): Promise<Opened> {
  const test = await openTestHost({ model: TALKATIVE });
  const net = new Net(test.link());
  const clock = manualClock();
  const link = await openRemoteLink(net, { clock, random: ZERO, ...options });
  const client = new Client(link);
  return {
    test,
    net,
    clock,
    link,
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await test[Symbol.asyncDispose]();
    },
  };
}

/** Resolves when the newest connection was asked for this. */
async function asked(net: Net, method: string, times = 1): Promise<void> {
  while (net.asked(method).length < times) await new Promise((resolve) => setImmediate(resolve));
}

describe('a link over wires that break', () => {
  it('shows every item once and does everything once, wherever they break', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(9), { maxLength: 12 }),
        fc.integer({ min: 1, max: 3 }),
        async (breaks, turns) => {
          await using opened = await open({ random: systemRandom });
          const { client, clock, net, test } = opened;
          net.breaks = [...breaks];
          const scene = async (): Promise<Reader> => {
            const session = await client.create({ folder: test.folder });
            const reader = new Reader();
            let finished = 0;
            const read = until(session.follow(), (item) => {
              reader.take(item);
              if (item.type === 'turn.finished') finished++;
              return finished === turns;
            });
            for (let n = 0; n < turns; n++) await session.send('hi');
            await read;
            return reader;
          };
          const { seqs } = await flowing(clock, scene());
          expect(seqs).toEqual(seqs.map((_, n) => n + 1));
          const { sessions } = await test.host.list({ limit: 10 });
          expect(sessions).toMatchObject([{ turns, seq: seqs.length }]);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('runs an input to its end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(9), { maxLength: 8 }), async (breaks) => {
        await using opened = await open();
        const session = await opened.client.create({ folder: opened.test.folder });
        opened.net.breaks = [...breaks];
        const reader = new Reader();
        const items = await flowing(
          opened.clock,
          until(session.run('hi'), (item) => {
            reader.take(item);
            return false;
          }),
        );
        expect(items.at(-1)?.type).toBe('turn.finished');
        expect(reader.seqs).toEqual(reader.seqs.map((_, n) => n + 2));
      }),
      { numRuns: 15 },
    );
  });

  it('does not repeat what may have been done and cannot be done twice', async () => {
    await using opened = await open();
    const { id } = await opened.client.create({ folder: opened.test.folder });
    opened.net.breaks = [1];
    expect(await opened.client.erase(id).catch(codeOf)).toBe('host_unavailable');
    expect(await flowing(opened.clock, opened.client.session(id).summary().catch(codeOf))).toBe('not_found');
  });

  it('comes back later and later, and soon again after a connection that lasted', async () => {
    await using opened = await open();
    const { client, clock, net } = opened;
    net.drop();
    net.down = true;
    const answer = client.inbox();
    const at: number[] = [];
    const startedAt = clock.monotonic();
    const { open: openWire } = net;
    Object.assign(net, {
      open: (...args: Parameters<typeof openWire>) => {
        at.push(clock.monotonic() - startedAt);
        return openWire(...args);
      },
    });
    await clock.advance(20_000);
    expect(at.slice(0, 7)).toEqual([50, 150, 350, 750, 1550, 3150, 5650]);
    net.down = false;
    expect(await flowing(clock, answer)).toEqual([]);
    await clock.advance(10_000);
    net.drop();
    at.length = 0;
    const droppedAt = clock.monotonic() - startedAt;
    await flowing(clock, client.inbox());
    expect(at).toEqual([droppedAt + 50]);
  });

  it('waits by chance, so that others come back at other times', async () => {
    const first = async (random: Random): Promise<number> => {
      await using opened = await open({ random });
      opened.net.drop();
      const answer = opened.client.inbox();
      const startedAt = opened.clock.monotonic();
      while (opened.net.served.length < 2) await opened.clock.advance(1);
      const waitedMs = opened.clock.monotonic() - startedAt;
      await flowing(opened.clock, answer);
      return waitedMs;
    };
    expect([await first(ZERO), await first((bytes) => new Uint8Array(bytes).fill(255))]).toEqual([50, 100]);
  });

  it('asks for no more than it has not seen, of a part that streams as well', async () => {
    await using opened = await open();
    const { client, clock, net, test } = opened;
    const session = await client.create({ folder: test.folder });
    await session.send('hold');
    const items = session.follow();
    const [delta] = (
      await until({ [Symbol.asyncIterator]: () => ({ next: () => items.next() }) }, isDelta)
    ).slice(-1);
    net.drop();
    const next = items.next();
    await flowing(clock, asked(net, 'session/follow', 2));
    const part = delta?.type === 'delta' ? delta.part : '';
    expect(net.asked('session/follow')[1]).toEqual({
      session: session.id,
      after: delta?.seq,
      parts: { [part]: 2 },
    });
    await client.close();
    expect((await next).done).toBe(true);
  });

  it('gives up when it was told to, and begins anew when it is asked again', async () => {
    await using opened = await open({ giveUpAfterMs: 1_000 });
    const { client, clock, net } = opened;
    const session = await client.create({ folder: opened.test.folder });
    const items = session.follow({ after: 1 });
    const next = items.next();
    await asked(net, 'session/follow');
    net.down = true;
    net.drop();
    const results = await flowing(clock, Promise.allSettled([next, client.inbox()]));
    for (const result of results)
      expect(result.status === 'rejected' && told(result.reason)).toMatch(
        /^host_unavailable: .*memory.*given up after 1 s.*it is down/,
      );
    net.down = false;
    expect(await flowing(clock, client.inbox())).toEqual([]);
  });

  it("follows again after an end that is not the reader's", async () => {
    await using opened = await open();
    const { client, clock, net, test } = opened;
    const session = await client.create({ folder: test.folder });
    const seen = until(session.follow(), ({ type }) => type === 'context.added');
    await asked(net, 'session/follow');
    net.served[0]?.close();
    await flowing(clock, asked(net, 'session/follow', 2));
    await session.addContext('news');
    expect((await seen).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('holds a bounded part of what its reader does not read, and loses nothing', async () => {
    await using opened = await open();
    const { client, net, test } = opened;
    const session = await client.create({ folder: test.folder });
    const items = session.follow();
    await items.next();
    const text = 'x'.repeat(300_000);
    for (let n = 0; n < 12; n++) await session.addContext(text);
    await asked(net, 'follow/stop');
    await session.addContext('last');
    const rest = await until(items, ({ seq }) => seq === 14);
    expect(rest.map(({ seq }) => seq)).toEqual(Array.from({ length: 13 }, (_, n) => n + 2));
    expect(net.served).toHaveLength(1);
  });
});

describe('a silent connection', () => {
  it('is asked whether it is there, and stays when it is', async () => {
    await using opened = await open();
    for (let n = 0; n < 4; n++) {
      await opened.clock.advance(30_000);
      await asked(opened.net, 'connection/ping', n + 1);
      // The answer needs a moment of real time.
      expect(await opened.client.inbox()).toEqual([]);
    }
    expect(opened.net.served).toHaveLength(1);
  });

  it('is lost after 45 s, and its readers go on over the next one', async () => {
    await using opened = await open();
    const { client, clock, net, test } = opened;
    const session = await client.create({ folder: test.folder });
    const seen = until(session.follow(), ({ type }) => type === 'context.added');
    await asked(net, 'session/follow');
    net.mute = true;
    await clock.advance(44_000);
    expect(net.served).toHaveLength(1);
    await clock.advance(1_100);
    net.mute = false;
    await flowing(clock, asked(net, 'session/follow', 2));
    await session.addContext('news');
    expect((await seen).at(-1)).toMatchObject({ seq: 2 });
  });
});

describe('a call', () => {
  it('has a deadline', async () => {
    await using opened = await open({ callTimeoutMs: 1_000 });
    opened.net.mute = true;
    const answer = opened.client.inbox().catch(told);
    await opened.clock.advance(1_000);
    expect(await answer).toMatch(/^timeout: .*inbox\/list was not answered within 1000 ms/);
  });

  it('is not given up while it shows life, up to a bound, and soon once it shows none', async () => {
    await using test = await openTestHost();
    const net = new Net({ ...test.link(), call: () => NEVER });
    const clock = manualClock();
    await using link = await openRemoteLink(net, { clock, callTimeoutMs: 10_000, longestCallMs: 60_000 });
    const client = new Client(link);
    const ends: string[] = [];
    const call = async (): Promise<void> => {
      const why = await client.inbox().then(() => 'answered', told);
      ends.push(`${String(clock.monotonic())}: ${why}`);
    };
    const second = async (showsLife: boolean): Promise<void> => {
      if (showsLife) net.served[0]?.showLife();
      await delivered();
      await clock.advance(1000);
    };
    const startedMs = clock.monotonic();
    const first = call();
    await delivered();
    for (let n = 0; n < 59; n++) await second(n % 4 === 0);
    expect(ends).toEqual([]);
    await second(true);
    await first;
    expect(ends).toEqual([
      `${String(startedMs + 60_000)}: timeout: CarrelError: inbox/list was not answered within 60000 ms.`,
    ]);
    const other = call();
    await delivered();
    for (let n = 0; n < 13; n++) await second(n === 4);
    expect(ends).toHaveLength(1);
    await second(false);
    await other;
    expect(ends[1]).toBe(
      `${String(startedMs + 74_000)}: timeout: CarrelError: inbox/list was not answered and showed no life for 10000 ms.`,
    );
  });

  it('is left by its signal, which stops a subscription that begins too late', async () => {
    await using opened = await open();
    const { client, net, test } = opened;
    const session = await client.create({ folder: test.folder });
    const stop = new AbortController();
    const items = session.follow({ signal: stop.signal });
    const next = items.next();
    await asked(net, 'session/follow');
    stop.abort();
    expect((await next).done).toBe(true);
    await asked(net, 'follow/stop');
  });

  it('that is too long is refused here, and the connection stays', async () => {
    await using opened = await open();
    const session = await opened.client.create({ folder: opened.test.folder });
    const much = session.addContext('\u0001'.repeat(3_000_000));
    expect(await much.catch(codeOf)).toBe('limit_reached');
    expect(await opened.client.inbox()).toEqual([]);
    expect(opened.net.served).toHaveLength(1);
  });

  it('waits for its turn behind others, but for one that stops something', async () => {
    await using opened = await open();
    const session = await opened.client.create({ folder: opened.test.folder });
    await asked(opened.net, 'session/create');
    opened.net.mute = true;
    for (let n = 0; n < 40; n++) opened.client.inbox().catch(codeOf);
    session.cancel().catch(codeOf);
    opened.net.mute = false;
    await asked(opened.net, 'turn/cancel');
    expect(opened.net.asked('inbox/list').length).toBeLessThanOrEqual(32);
    await asked(opened.net, 'inbox/list', 40);
  });

  it('is refused when a thousand others wait', async () => {
    await using opened = await open();
    opened.net.mute = true;
    const calls = Array.from({ length: 1_001 }, () => opened.client.inbox().catch(codeOf));
    expect(await calls[1_000]).toBe('overloaded');
    opened.net.mute = false;
  });
});

describe('a handshake', () => {
  const CASES = [
    { name: 'the wrong token', rules: { token: 'right' }, code: 'unauthorized' },
    { name: 'another version', rules: { protocol: 2 }, code: 'version_mismatch' },
  ];

  it.each(CASES)('is refused for $name, at once', async ({ rules, code }) => {
    await using test = await openTestHost();
    const net = new Net(test.link(), rules);
    const opening = openRemoteLink(net, { clock: manualClock() });
    expect(await opening.then(() => 'open', codeOf)).toBe(code);
    expect(net.served).toHaveLength(1);
  });

  it('is refused where nobody answers, or something else does', async () => {
    const open = (_events: unknown, signal: AbortSignal): Promise<never> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    const nobody = { address: 'nowhere', open };
    const clock = manualClock();
    const opening = openRemoteLink(nobody, { clock, connectTimeoutMs: 500 }).then(() => 'open', codeOf);
    await clock.advance(500);
    expect(await opening).toBe('timeout');
    const other = openRemoteLink({
      address: 'other',
      open: ({ onText }) =>
        Promise.resolve({ send: () => onText('220 mail.example ESMTP'), close: () => undefined }),
    });
    expect(await other.catch(told)).toMatch(/^host_unavailable: .*is not JSON-RPC/);
  });
});
