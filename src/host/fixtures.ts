// What tests of a host share.
import type { SessionEvent, ViewItem } from '../protocol/index.ts';
import type { Store } from '../store/index.ts';
import type { SessionHandle } from './port.ts';

/** The store, with some of its methods replaced. */
export function intercepted(store: Store, methods: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, key) {
      const own: unknown = Reflect.get(methods, key);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

export async function journal(store: Store, session: string): Promise<readonly SessionEvent[]> {
  return (await store.read('local', session, { after: 0, limit: 10_000 })).events;
}

/** Items until one is as wanted, that one too. */
export async function until(
  items: AsyncIterable<ViewItem>,
  wanted: (item: ViewItem) => boolean,
): Promise<ViewItem[]> {
  const seen: ViewItem[] = [];
  for await (const item of items) {
    seen.push(item);
    if (wanted(item)) break;
  }
  return seen;
}

/** Resolves when the session's viewers have seen an event of this type. */
export async function happened(session: SessionHandle, type: SessionEvent['type']): Promise<void> {
  await until(session.follow(), (item) => item.type === type);
}
