// A bot of a chat: each thread is a session, its messages are inputs, its buttons answer what the session asks. The daemon is killed in
// the middle of an answer and started again; no answer is lost or posted twice.
// From a checkout, after `npm run build`: node examples/bot.ts
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, ClientSession, SessionEvent, ViewItem } from 'carrel/client';
import { connectHome } from 'carrel/client/node';
import { startDaemon } from './daemon/start.ts';

/** What the chat sends; a message again, with the same id, when it is in doubt. */
interface Said {
  readonly thread: string;
  readonly message: string;
  readonly id: string;
}

interface Pressed {
  readonly thread: string;
  readonly pressed: 'approve' | 'deny';
  readonly call: string;
}

/** What the bot posts; with a call, it has two buttons. */
interface Post {
  readonly thread: string;
  readonly text: string;
  readonly call?: string;
}

const CHANGE = { model: 'offline/practice' };

interface Thread {
  /** The last event that was looked at: what is seen again is not said again. A bot that may die itself keeps it, with what it posted. */
  seen: number;
  /** What the turn has said so far. */
  answer: string;
}

class Bot {
  readonly #client: Client;
  readonly #folder: string;
  readonly #post: (post: Post) => Promise<void>;
  readonly #threads = new Map<string, Thread>();

  constructor(client: Client, folder: string, post: (post: Post) => Promise<void>) {
    this.#client = client;
    this.#folder = folder;
    this.#post = post;
  }

  /** Resolves when the turn has ended or waits for a button. */
  async take(incoming: Said | Pressed): Promise<void> {
    const name = incoming.thread;
    // The key makes the thread the same session, whichever message comes first and however often.
    const key = `thread-${name}`;
    const session = await this.#client.create({ folder: this.#folder, key, change: CHANGE });
    const thread = this.#threads.get(name) ?? { seen: 0, answer: '' };
    this.#threads.set(name, thread);
    let items: AsyncIterable<ViewItem>;
    if ('message' in incoming) items = session.send(incoming.message, { id: incoming.id });
    else {
      await press(session, incoming);
      items = session.follow({ after: thread.seen });
    }
    for await (const item of items) {
      if (item.type === 'delta' || item.seq <= thread.seen) continue;
      thread.seen = item.seq;
      await this.#show(name, thread, item);
      if (item.type === 'turn.finished') return;
    }
  }

  async #show(name: string, thread: Thread, event: SessionEvent): Promise<void> {
    if (event.type === 'text.ended') thread.answer += event.data.text;
    if (event.type === 'approval.requested' && event.call !== undefined)
      await this.#post({ thread: name, text: `May I ${event.data.summary}?`, call: event.call });
    if (event.type !== 'turn.finished') return;
    const text = thread.answer;
    thread.answer = '';
    await this.#post({ thread: name, text });
  }
}

const press = (session: ClientSession, { call, pressed }: Pressed): Promise<unknown> =>
  pressed === 'approve' ? session.approve(call) : session.deny(call, 'somebody pressed Deny');

const root = mkdtempSync(join(tmpdir(), 'carrel-bot-'));
const home = join(root, 'home');
let daemon = await startDaemon(home);
try {
  await using client = await connectHome({ home });
  const posts: Post[] = [];
  const people: Readonly<Record<string, Pressed['pressed']>> = { plans: 'approve', shop: 'deny' };
  const bot = new Bot(client, root, async (post) => {
    const { thread, text, call } = post;
    posts.push(post);
    console.log(
      `${thread}: ${text.replaceAll('\n', ' ').slice(0, 90)}${call === undefined ? '' : ' [Approve] [Deny]'}`,
    );
    const pressed = people[thread];
    if (call !== undefined && pressed !== undefined) await bot.take({ thread, call, pressed });
  });
  const tale: Said = { thread: 'tales', message: 'tell 300 words', id: 'cmd_1' };
  const session = await client.create({ folder: root, key: 'thread-tales', change: CHANGE });

  /** In the middle of the tale the host is gone, and comes back. Nobody tells the bot. */
  const crash = async (): Promise<void> => {
    for await (const item of session.follow()) if (item.type === 'delta') break;
    await daemon.kill();
    console.log('(the daemon was killed)');
    daemon = await startDaemon(home);
    await bot.take(tale); // the chat was in doubt
  };
  await Promise.all([
    bot.take({ thread: 'plans', message: 'write plan.txt: tea at five', id: 'cmd_2' }),
    bot.take({ thread: 'shop', message: 'run rm plan.txt', id: 'cmd_3' }),
    bot.take(tale),
    crash(),
  ]);

  const answers = (thread: string): readonly Post[] =>
    posts.filter((post) => post.thread === thread && post.call === undefined);
  const events = await session.events({ after: 0, limit: 1_000 });
  const of = (type: SessionEvent['type']): number => events.filter((event) => event.type === type).length;
  assert.deepEqual([of('input.accepted'), of('session.recovered'), of('turn.finished')], [1, 1, 1]);
  assert.deepEqual(
    ['tales', 'plans', 'shop'].map((thread) => answers(thread).length),
    [1, 1, 1],
  );
  // Every sentence once: they are numbered.
  const numbers = answers('tales')[0]
    ?.text.match(/\d+(?=: )/g)
    ?.map(Number);
  assert.deepEqual(
    numbers,
    Array.from({ length: 25 }, (_, n) => n + 1),
  );
  assert.equal(readFileSync(join(root, 'plan.txt'), 'utf8'), 'tea at five');
  console.log(`${posts.length} posts, each once; the tale went on where it was cut`);
} finally {
  await daemon[Symbol.asyncDispose]();
  rmSync(root, { recursive: true });
}
