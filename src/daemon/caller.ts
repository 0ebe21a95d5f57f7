// One identity and what it asks for. Every way in ends here: the scope, the shape, the session, then the host.
import { nearLink } from '../host/index.ts';
import {
  CarrelError,
  codeOf,
  isMethod,
  METHODS,
  type Link,
  type Method,
  type ParamsOf,
  type TokenScope,
} from '../protocol/index.ts';
import { hasExpired, OWNER_NAME, type Identity } from './identity.ts';
import { explain } from './message.ts';
import type { Shared } from './shared.ts';

export class Caller implements AsyncDisposable {
  readonly identity: Identity;
  readonly link: Link;
  readonly #shared: Shared;

  constructor(shared: Shared, identity: Identity) {
    const { host, clock, random } = shared;
    this.#shared = shared;
    this.identity = identity;
    // Ids of commands are of an identity; the owner's are those of the host.
    const own = identity.name === OWNER_NAME ? {} : { identity: `token:${identity.name}` };
    this.link = nearLink(host, { clock, random, ...own });
  }

  /**
   * Any method by its name, with parameters as they came. `not_found`: no such method; `forbidden`: the scope or the session is not
   * the token's; `unauthorized`: it has expired; `invalid_params`: with the path of what does not fit.
   */
  async call(name: string, params: unknown): Promise<unknown> {
    if (!isMethod(name)) throw new CarrelError('not_found', `there is no method ${JSON.stringify(name)}`);
    const { scope } = METHODS[name];
    if (scope !== 'admin') return this.#call(name, params);
    const outcome = await settle(this.#call(name, params));
    const result = outcome.ok ? 'ok' : codeOf(outcome.error);
    await this.#shared.audit.write({ who: this.identity.name, what: auditedWhat(name, params), result });
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  }

  /** Refuses unless the token has the scope, still holds, and is for this session. */
  permit(scope: TokenScope, session: string | undefined): void {
    const { name, scopes, sessions } = this.identity;
    if (hasExpired(this.identity, this.#shared.clock.now()))
      throw new CarrelError('unauthorized', `the token ${name} has expired: ask for another`);
    if (!scopes.includes(scope)) {
      const message = `the token ${name} has the scopes ${scopes.join(', ')}; this needs ${scope}`;
      throw new CarrelError('forbidden', message, { data: { scope } });
    }
    if (sessions === undefined || (session !== undefined && sessions.includes(session))) return;
    const what = session === undefined ? 'this is about all sessions' : `${session} is none of them`;
    throw new CarrelError('forbidden', `the token ${name} is for ${sessions.join(', ')} only; ${what}`, {
      data: { sessions },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link[Symbol.asyncDispose]();
  }

  async #call<M extends Method>(name: M, params: unknown): Promise<unknown> {
    const { scope, params: shape } = METHODS[name];
    this.permit(scope, sessionOf(params));
    const checked = shape.safeParse(params ?? {});
    if (!checked.success) throw new CarrelError('invalid_params', explain('params', checked.error));
    return await this.link.call(name, checked.data as ParamsOf<M>);
  }
}

type Outcome =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

function settle(promise: Promise<unknown>): Promise<Outcome> {
  return promise.then(
    (value): Outcome => ({ ok: true, value }),
    (error: unknown): Outcome => ({ ok: false, error }),
  );
}

function sessionOf(params: unknown): string | undefined {
  const session = (params as { session?: unknown } | undefined)?.session;
  return typeof session === 'string' ? session : undefined;
}

/** Never a parameter but the session: they may hold anything. */
function auditedWhat(method: string, params: unknown): string {
  const session = sessionOf(params);
  return session === undefined ? method : `${method} ${session.slice(0, 80)}`;
}
