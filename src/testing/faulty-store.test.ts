import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../store/index.ts';
import { faultyStore, type FaultPlan, type FaultyStore } from './faulty-store.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** How a call ends, without waiting for one that never does: a promise that is settled wins the race. */
async function outcome(call: Promise<unknown>): Promise<string> {
  const later = new Promise((resolve) => setImmediate(resolve)).then(() => 'hangs');
  const done = call.then(
    () => 'works',
    (error: unknown) => (error as { code: string }).code,
  );
  return Promise.race([done, later]);
}

/** Three blobs put one after the other, and whether the second one is there. */
async function putThree(
  plan: Omit<FaultPlan, 'at'>,
): Promise<{ outcomes: string[]; kept: boolean; faulty: FaultyStore }> {
  const store = createMemoryStore();
  const faulty = faultyStore(store, { ...plan, at: 2 });
  const outcomes = [];
  for (const text of ['one', 'two', 'three']) outcomes.push(await outcome(faulty.putBlob(bytes(text))));
  const second = await createMemoryStore().putBlob(bytes('two'));
  return { outcomes, kept: (await store.getBlob(second)) !== undefined, faulty };
}

describe('faulty store', () => {
  it.each([
    ['fail', false, ['works', 'store_unavailable', 'works']],
    ['fail', true, ['works', 'store_unavailable', 'works']],
    ['hang', false, ['works', 'hangs', 'works']],
    ['hang', true, ['works', 'hangs', 'works']],
    ['die', false, ['works', 'hangs', 'hangs']],
    ['die', true, ['works', 'hangs', 'hangs']],
    ['cut', false, ['works', 'store_unavailable', 'store_unavailable']],
    ['cut', true, ['works', 'store_unavailable', 'store_unavailable']],
  ] as const)('%s at the second call, taking effect: %s', async (fault, takesEffect, expected) => {
    const { outcomes, kept } = await putThree({ fault, takesEffect });
    expect(outcomes).toEqual(expected);
    expect(kept).toBe(takesEffect);
  });

  it('fails several times in a row', async () => {
    expect((await putThree({ fault: 'fail', times: 2 })).outcomes).toEqual([
      'works',
      'store_unavailable',
      'store_unavailable',
    ]);
  });

  it('counts only the chosen calls, and spares the others until it dies', async () => {
    const faulty = faultyStore(createMemoryStore(), { at: 1, methods: ['putBlob'], fault: 'cut' });
    expect(await outcome(faulty.heads('local', []))).toBe('works');
    expect(faulty.calls).toBe(0);
    expect(faulty.health()).toEqual({ writable: true });
    expect(await outcome(faulty.putBlob(bytes('one')))).toBe('store_unavailable');
    await faulty.dead;
    expect(faulty.calls).toBe(1);
    expect(await outcome(faulty.heads('local', []))).toBe('store_unavailable');
    expect(faulty.health()).toMatchObject({ writable: false, error: { code: 'store_unavailable' } });
  });

  it.each([
    ['fail', 1],
    ['cut', 0],
  ] as const)('after %s, closing it closes the store inside %i times', async (fault, expected) => {
    let closed = 0;
    const store = createMemoryStore();
    store[Symbol.asyncDispose] = () => Promise.resolve(void (closed += 1));
    const faulty = faultyStore(store, { at: 1, fault });
    expect(await outcome(faulty.heads('local', []))).toBe('store_unavailable');
    await faulty[Symbol.asyncDispose]();
    expect(closed).toBe(expected);
  });

  it('without a plan only counts', async () => {
    const faulty = faultyStore(createMemoryStore());
    await faulty.putBlob(bytes('one'));
    await faulty.list({ owner: 'local', limit: 1 });
    expect(faulty.calls).toBe(2);
  });
});
