import { expect, it } from 'vitest';
import { deferred, systemClock } from '../base/index.ts';
import { CarrelError, type SessionEvent, type ViewItem } from '../protocol/index.ts';
import { Outgoing } from './outgoing.ts';
import { Subscription } from './subscription.ts';

function event(seq: number, text = 'x'): SessionEvent {
  const data = { text, role: 'user' as const };
  return { session: 'ses_1', seq, at: 0, v: 1, type: 'context.added', data };
}

interface Message {
  readonly method: string;
  readonly params: { readonly items?: readonly ViewItem[]; readonly error?: { readonly message: string } };
}

function outgoing(): { sent: Message[]; outgoing: Outgoing } {
  const sent: Message[] = [];
  const wire = {
    send: (text: string, taken: () => void) => {
      sent.push(JSON.parse(text) as Message);
      queueMicrotask(taken);
    },
    close: () => undefined,
  };
  return { sent, outgoing: new Outgoing({ wire, clock: systemClock, onStalled: () => undefined }) };
}

/** Gives what waits together, as a host does. */
class Waiting implements AsyncIterator<readonly ViewItem[]> {
  #items: ViewItem[] = [];
  #wake = deferred<void>();
  #over = false;

  push(...items: ViewItem[]): void {
    this.#items.push(...items);
    this.#wake.resolve();
  }

  end(): void {
    this.#over = true;
    this.#wake.resolve();
  }

  async next(): Promise<IteratorResult<readonly ViewItem[]>> {
    if (this.#items.length === 0 && !this.#over) await this.#wake.promise;
    this.#wake = deferred<void>();
    if (this.#items.length === 0) return { done: true, value: undefined };
    const value = this.#items;
    this.#items = [];
    return { done: false, value };
  }
}

const seqs = (sent: readonly Message[]): readonly (readonly number[] | undefined)[] =>
  sent.map(({ params }) => params.items?.map(({ seq }) => seq));

it('sends the first at once, and one message for all that comes until the next turn of the loop', async () => {
  const { sent, outgoing: out } = outgoing();
  const items = new Waiting();
  const run = new Subscription('sub_1', out).run(items);
  items.push(event(1));
  for (let microtasks = 0; microtasks < 20; microtasks++) await Promise.resolve();
  expect(seqs(sent)).toEqual([[1]]);
  for (let seq = 2; seq < 50; seq++) {
    items.push(event(seq));
    await Promise.resolve();
  }
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(sent).toHaveLength(2);
  items.end();
  await run;
  expect(seqs(sent).flat().slice(0, -1)).toEqual(Array.from({ length: 49 }, (_, n) => n + 1));
  expect(sent.at(-1)?.method).toBe('follow/ended');
});

it('cuts a long history into messages of a bounded size, and loses nothing', async () => {
  const { sent, outgoing: out } = outgoing();
  const items = new Waiting();
  for (let seq = 1; seq <= 10; seq++) items.push(event(seq, 'x'.repeat(100_000)));
  items.end();
  await new Subscription('sub_1', out).run(items);
  expect(seqs(sent)).toEqual([[1, 2, 3], [4, 5, 6], [7, 8, 9], [10], undefined]);
});

it('says what its items failed with', async () => {
  const { sent, outgoing: out } = outgoing();
  const fails = { next: () => Promise.reject(new CarrelError('not_found', 'it is gone')) };
  await new Subscription('sub_1', out).run(fails);
  expect(sent).toMatchObject([{ method: 'follow/ended', params: { error: { message: 'it is gone' } } }]);
});
