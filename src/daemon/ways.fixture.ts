// Every way to ask a daemon something, over real sockets, as one thing to ask.
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { deferred, type Deferred } from '../base/index.ts';
import type { Sent } from './fixtures.ts';
import type { Served } from './serve.fixture.ts';

export interface Way extends Disposable {
  /** Answers in the order in which they came. */
  readonly answered: readonly Sent[];
  call(method: string, params?: unknown): Promise<Sent>;
}

export type WayName = 'socket' | 'webSocket' | 'post';

type OpenWay = (served: Served, token: string) => Promise<Way>;

class Wired implements Way {
  readonly answered: Sent[] = [];
  readonly #waiting = new Map<number, Deferred<Sent>>();
  readonly #send: (text: string) => void;
  readonly #close: () => void;
  #last = 0;

  constructor(send: (text: string) => void, close: () => void) {
    this.#send = send;
    this.#close = close;
  }

  call(method: string, params?: unknown): Promise<Sent> {
    const answer = deferred<Sent>();
    this.#waiting.set(++this.#last, answer);
    this.#send(JSON.stringify({ jsonrpc: '2.0', id: this.#last, method, params }));
    return answer.promise;
  }

  receive(text: string): void {
    const sent = JSON.parse(text) as Sent;
    if (typeof sent.id !== 'number') return;
    this.answered.push(sent);
    this.#waiting.get(sent.id)?.resolve(sent);
  }

  [Symbol.dispose](): void {
    this.#close();
  }
}

const open = async (way: Wired, token: string): Promise<Way> => {
  const { error } = await way.call('connection/open', { protocol: 1, token });
  if (error !== undefined) throw new Error(error.message);
  way.answered.pop();
  return way;
};

export const WAYS: Readonly<Record<WayName, OpenWay>> = {
  async socket({ daemon }, token) {
    const socket = connect(daemon.presence.socket);
    const way = new Wired(
      (text) => void socket.write(`${text}\n`),
      () => socket.destroy(),
    );
    createInterface({ input: socket }).on('line', (line) => way.receive(line));
    return open(way, token);
  },
  async webSocket({ url }, token) {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/rpc`);
    const way = new Wired(
      (text) => socket.send(text),
      () => socket.terminate(),
    );
    socket.on('message', (data: Buffer) => way.receive(data.toString()));
    await once(socket, 'open');
    return open(way, token);
  },
  post({ url }, token) {
    const answered: Sent[] = [];
    const call = async (method: string, params?: unknown): Promise<Sent> => {
      const headers = { Authorization: `Bearer ${token}` };
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
      const response = await fetch(`${url}/rpc`, { method: 'POST', headers, body });
      const sent = (await response.json()) as Sent;
      answered.push(sent);
      return sent;
    };
    return Promise.resolve({ answered, call, [Symbol.dispose]: () => undefined });
  },
};

export const WAY_NAMES = Object.keys(WAYS) as WayName[];
