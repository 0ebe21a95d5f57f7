// One identity and what it asks for. Every way in ends here: the scope, the shape, the session, then the host.
import { nearLink, type NearLink } from '../host/index.ts';
import {
  CarrelError,
  codeOf,
  COMMANDS,
  isMethod,
  METHODS,
  type Method,
  type ParamsOf,
  type TokenScope,
} from '../protocol/index.ts';
import type { Allowance } from './allowances.ts';
import { hasExpired, OWNER_NAME, type Identity } from './identity.ts';
import { explain } from './message.ts';
import type { Shared } from './shared.ts';

export class Caller implements AsyncDisposable {
  readonly identity: Identity;
  readonly link: NearLink;
  /** What it came by, where that stays open; for the log. */
  readonly connection: string | undefined;
  readonly allowance: Allowance;
  readonly #shared: Shared;

  constructor(shared: Shared, identity: Identity, connection?: string) {
    const { host, clock, random } = shared;
    this.#shared = shared;
    this.identity = identity;
    this.connection = connection;
    this.allowance = shared.allowances.of(identity);
    // Ids of commands are of an identity; the owner's are those of the host.
    const own = identity.name === OWNER_NAME ? {} : { identity: `token:${identity.name}` };
    this.link = nearLink(host, { clock, random, ...own });
  }

  /**
   * Any method by its name, with parameters as they came. `not_found`: no such method; `forbidden`: the scope or the session is not
   * the token's; `unauthorized`: it has expired; `invalid_params`: with the path of what does not fit.
   */
  async call(name: string, params: unknown): Promise<unknown> {
    const beganMs = this.#shared.clock.monotonic();
    try {
      const result = await this.#carryOut(name, params);
      this.#tell(name, params, { beganMs });
      return result;
    } catch (error) {
      this.#tell(name, params, { beganMs, error: codeOf(error) });
      throw error;
    }
  }

  #tell(name: string, params: unknown, how: { readonly beganMs: number; readonly error?: string }): void {
    const { clock, telemetry } = this.#shared;
    const { beganMs, error } = how;
    const session = sessionOf(params);
    telemetry.called({
      method: isMethod(name) ? name : 'unknown',
      who: this.identity.name,
      tookMs: clock.monotonic() - beganMs,
      ...(session === undefined ? {} : { session }),
      ...(this.connection === undefined ? {} : { connection: this.connection }),
      ...(error === undefined ? {} : { error }),
    });
  }

  async #carryOut(name: string, params: unknown): Promise<unknown> {
    if (!isMethod(name)) throw new CarrelError('not_found', `there is no method ${JSON.stringify(name)}`);
    const { scope } = METHODS[name];
    this.permit(scope, sessionOf(params), name);
    return scope === 'admin' ? this.#audited(name, params) : this.#call(name, params);
  }

  /** Refuses unless the token has the scope, still holds, and is for this session. For the log, `what` is what was asked. */
  permit(scope: TokenScope, session: string | undefined, what = `what needs ${scope}`): void {
    try {
      this.#check(scope, session);
    } catch (error) {
      const entry = { who: this.identity.name, what: withSession(what, session), result: codeOf(error) };
      void this.#shared.failures.note(entry);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link[Symbol.asyncDispose]();
  }

  /** Nothing is carried out that is not written down before. How it ended is written too; if that fails, it has ended all the same. */
  async #audited(name: Method, params: unknown): Promise<unknown> {
    const { audit, onFault } = this.#shared;
    const entry = { who: this.identity.name, what: withSession(name, sessionOf(params)) };
    await audit.write({ ...entry, result: 'asked' });
    let result = 'ok';
    try {
      return await this.#call(name, params);
    } catch (error) {
      result = codeOf(error);
      throw error;
    } finally {
      await audit.write({ ...entry, result }).catch((error: unknown) => onFault('the audit log', error));
    }
  }

  /** What it would add to the store. A refusal comes before anything is done. */
  #charge(name: Method, params: object): void {
    if (name === 'session/create') this.allowance.createSession();
    else if (!Object.hasOwn(COMMANDS, name)) return;
    this.allowance.store(Buffer.byteLength(JSON.stringify(params)));
  }

  /** A key that a session is handed, before anything can fail with it. */
  #hide(params: object): void {
    if ('apiKey' in params && typeof params.apiKey === 'string') this.#shared.telemetry.hide([params.apiKey]);
  }

  #check(scope: TokenScope, session: string | undefined): void {
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

  async #call<M extends Method>(name: M, params: unknown): Promise<unknown> {
    const { params: shape } = METHODS[name];
    const checked = shape.safeParse(params ?? {});
    if (!checked.success) throw new CarrelError('invalid_params', explain('params', checked.error));
    this.#charge(name, checked.data);
    this.#hide(checked.data);
    return await this.link.call(name, checked.data as ParamsOf<M>);
  }
}

function sessionOf(params: unknown): string | undefined {
  const session = (params as { session?: unknown } | undefined)?.session;
  return typeof session === 'string' ? session : undefined;
}

/** For the log: never a parameter but the session, because they may hold anything. */
function withSession(what: string, session: string | undefined): string {
  return session === undefined ? what : `${what} ${session.slice(0, 80)}`;
}
