import { CarrelError } from '../protocol/index.ts';
import type { Store } from '../store/index.ts';

/** Prompts and tool lists that are kept in memory: as many profiles as a host may have in use. */
const KEPT = 64;

/** Texts that many turns share, as blobs. What is written or read once is kept: the address is the content, so it never changes. */
export class TextBlobs {
  readonly #store: Store;
  readonly #ids = new Map<string, string>();
  readonly #texts = new Map<string, string>();
  /** Raised by `forget`: ids from before may name what is erased. */
  generation = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Synced when it resolves. */
  async put(text: string): Promise<string> {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = await this.#store.putBlob(new TextEncoder().encode(text));
    this.#keep(id, text);
    return id;
  }

  /** `store_corrupt` when a journal names a blob that is not there. */
  async get(id: string): Promise<string> {
    const known = this.#texts.get(id);
    if (known !== undefined) return known;
    const bytes = await this.#store.getBlob(id);
    if (bytes === undefined)
      throw new CarrelError('store_corrupt', `The journal names blob ${id}, which is missing.`);
    const text = new TextDecoder().decode(bytes);
    this.#keep(id, text);
    return text;
  }

  /** Before an erasing: what is put from now on is written again if need be. */
  forget(): void {
    this.generation++;
    this.#ids.clear();
    this.#texts.clear();
  }

  #keep(id: string, text: string): void {
    this.#ids.set(text, id);
    this.#texts.set(id, text);
    const [oldest] = this.#texts;
    if (this.#texts.size <= KEPT || oldest === undefined) return;
    this.#texts.delete(oldest[0]);
    this.#ids.delete(oldest[1]);
  }
}
