// Keys that are a session's own. They are asked for anew for each request and live in memory only: no journal, row, log or report holds
// one. A session that is to use its own never falls back to a key of the host.
import type { Credentials, Model } from '../model/index.ts';
import { CarrelError, type Profile } from '../protocol/index.ts';
import type { SessionState } from '../session/index.ts';

/** Whose request it is, and to whom. */
export interface CredentialsAsked {
  readonly session: string;
  /** Of a child: the session at the top. */
  readonly root: string;
  readonly owner: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly provider: string;
  /** `provider/model`. */
  readonly model: string;
}

/** Called for each request to a model. Nothing means that there is none for this session. */
export type ResolveCredentials = (
  asked: CredentialsAsked,
) => Credentials | undefined | Promise<Credentials | undefined>;

/** Sessions that may have keys at once: as many as a host is likely to know in one life. */
const MAX_SESSIONS = 100_000;
/** Providers of one session. */
const MAX_PROVIDERS = 16;

export class Keyring {
  readonly #handed = new Map<string, Map<string, Credentials>>();
  readonly #resolve: ResolveCredentials | undefined;

  constructor(resolve: ResolveCredentials | undefined) {
    this.#resolve = resolve;
  }

  /** Whether a provider without a key of its own will do for this profile. */
  isKeyless({ credentials }: Profile): boolean {
    return credentials === 'session' || this.#resolve !== undefined;
  }

  /** `limit_reached` when too many have some. */
  hand(session: string, provider: string, credentials: Credentials | undefined): void {
    const own = this.#handed.get(session) ?? new Map<string, Credentials>();
    if (credentials === undefined) {
      own.delete(provider);
      if (own.size === 0) this.#handed.delete(session);
      return;
    }
    if (this.#handed.size >= MAX_SESSIONS && !this.#handed.has(session)) throw full('sessions', MAX_SESSIONS);
    if (own.size >= MAX_PROVIDERS && !own.has(provider)) throw full('providers of a session', MAX_PROVIDERS);
    this.#handed.set(session, own.set(provider, credentials));
  }

  forget(session: string): void {
    this.#handed.delete(session);
  }

  /**
   * What this request is made with; nothing for what the provider was configured with. A child uses what the session at the top was
   * handed. `model_unavailable` for a session that is to use its own and has none.
   */
  async for(state: SessionState, { provider, id: model }: Model): Promise<Credentials | undefined> {
    const { session, root = session, owner, tags, profile } = state;
    const handed = this.#handed.get(session)?.get(provider) ?? this.#handed.get(root)?.get(provider);
    const found = handed ?? (await this.#resolve?.({ session, root, owner, tags, provider, model }));
    if (found !== undefined || profile.credentials !== 'session') return found;
    const message = `Session ${session} uses keys of its own, and none for the provider ${provider} is here: hand it over (session/credentials of ${root}), then continue.`;
    throw new CarrelError('model_unavailable', message, { data: { session: root, provider } });
  }
}

function full(what: string, limit: number): CarrelError {
  const message = `Keys are kept for ${String(limit)} ${what} at most: take some back first.`;
  return new CarrelError('limit_reached', message, { data: { limit } });
}
