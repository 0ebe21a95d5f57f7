import type { Head } from './port.ts';

/** Tells listeners what moved. A listener that throws shows as a process warning and disturbs nobody else. */
export class HeadSignal {
  readonly #listeners = new Set<{ readonly tell: (heads: readonly Head[]) => void }>();

  listen(tell: (heads: readonly Head[]) => void): Disposable {
    const listener = { tell };
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  emit(heads: readonly Head[]): void {
    if (heads.length === 0) return;
    for (const { tell } of this.#listeners) {
      try {
        tell(heads);
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error));
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
