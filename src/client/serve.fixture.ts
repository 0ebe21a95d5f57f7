// The other end of a wire, as small as the rules of the protocol allow: enough to try a client against.
import {
  CarrelError,
  CONNECTION_METHODS,
  isMethod,
  METHODS,
  PROTOCOL_VERSION,
  toErrorInfo,
  toRpcError,
  type FollowFrom,
  type FollowItem,
  type Link,
  type RpcError,
  type SubtreeFrom,
} from '../protocol/index.ts';

export interface Rules {
  /** Without it nobody comes in. */
  readonly token?: string;
  readonly protocol?: number;
}

export interface Request {
  readonly id?: number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

type FollowMethod = 'session/follow' | 'subtree/follow' | 'list/follow';

function isFollow(method: string): method is FollowMethod {
  return ['session/follow', 'subtree/follow', 'list/follow'].includes(method);
}

const errorOf = (error: unknown): RpcError => toRpcError(toErrorInfo(error));

/** One connection to a link. Closing it stops what it follows. */
export class Served {
  /** In the order in which they came. */
  readonly requests: Request[] = [];
  readonly #link: Link;
  readonly #send: (text: string) => void;
  readonly #rules: Rules;
  readonly #followed = new Map<string, AbortController>();
  #open = false;

  constructor(link: Link, send: (text: string) => void, rules: Rules = {}) {
    this.#link = link;
    this.#send = send;
    this.#rules = rules;
  }

  receive(text: string): void {
    const request = JSON.parse(text) as Request;
    this.requests.push(request);
    void this.#answer(request);
  }

  close(): void {
    for (const stop of this.#followed.values()) stop.abort();
  }

  async #answer({ id, method, params }: Request): Promise<void> {
    try {
      const result = method === 'connection/open' ? this.#greet(params) : await this.#perform(method, params);
      if (id !== undefined) this.#say({ id, result });
      if (isFollow(method))
        void this.#follow(method, params, (result as { subscription: string }).subscription);
    } catch (error) {
      if (id !== undefined) this.#say({ id, error: errorOf(error) });
    }
  }

  /** As a host does of calls that take long. */
  showLife(): void {
    const calls = this.requests.flatMap(({ id }) => (id === undefined ? [] : [id]));
    this.#say({ method: 'call/alive', params: { calls } });
  }

  #say(message: object): void {
    this.#send(JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  #greet(params: unknown): object {
    const { token } = CONNECTION_METHODS['connection/open'].params.parse(params);
    if (token !== this.#rules.token)
      throw new CarrelError('unauthorized', 'The token is not one of this host.');
    this.#open = true;
    return {
      protocol: this.#rules.protocol ?? PROTOCOL_VERSION,
      server: { name: 'fixture', version: '1.0.0', pid: 1 },
      identity: { name: 'local', scopes: ['observe', 'prompt', 'approve', 'admin'] },
    };
  }

  async #perform(method: string, params: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (!this.#open) throw new CarrelError('unauthorized', 'The first call is connection/open.');
    if (method === 'connection/ping') return {};
    if (isFollow(method)) return this.#begin(method, params);
    if (method === 'follow/stop') return this.#followed.get(String(params['subscription']))?.abort() ?? {};
    if (!isMethod(method)) throw new CarrelError('not_found', `There is no method ${method}.`);
    const checked = METHODS[method].params.safeParse(params);
    if (!checked.success) throw new CarrelError('invalid_params', checked.error.message);
    return this.#link.call(method, checked.data);
  }

  #begin(method: FollowMethod, params: unknown): object {
    CONNECTION_METHODS[method].params.parse(params);
    const subscription = `sub_${String(this.#followed.size)}`;
    this.#followed.set(subscription, new AbortController());
    return { subscription };
  }

  #items(method: FollowMethod, params: object, signal: AbortSignal): AsyncIterable<FollowItem> {
    if (method === 'list/follow') return this.#link.followList(params, { signal });
    const { session, ...from } = params as { session: string } & FollowFrom & SubtreeFrom;
    if (method === 'subtree/follow') return this.#link.followSubtree(session, from, { signal });
    return this.#link.follow(session, from, { signal });
  }

  async #follow(
    method: FollowMethod,
    params: Readonly<Record<string, unknown>>,
    subscription: string,
  ): Promise<void> {
    const { signal } = this.#followed.get(subscription) ?? new AbortController();
    try {
      for await (const item of this.#items(method, params, signal))
        this.#say({ method: 'follow/items', params: { subscription, items: [item] } });
      this.#say({ method: 'follow/ended', params: { subscription } });
    } catch (error) {
      this.#say({ method: 'follow/ended', params: { subscription, error: errorOf(error) } });
    }
  }
}
