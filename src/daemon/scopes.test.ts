// Every scope with everything that can be asked, on every way in.
import { expect, it } from 'vitest';
import { CONNECTION_METHODS, METHODS, TokenScope, type ConnectionMethod } from '../protocol/index.ts';
import type { Sent } from './fixtures.ts';
import { HURRIED, serve } from './serve.fixture.ts';
import { createToken } from './tokens.ts';
import { WAY_NAMES, WAYS, type Way } from './ways.fixture.ts';

const codeOf = ({ error }: Sent): string => (error === undefined ? 'ok' : (error.data?.code ?? 'none'));

interface AboutConnection {
  readonly params: (session: string) => object;
  /** Who may; everybody when it is left out. */
  readonly scope?: TokenScope;
  /** What whoever may is answered. */
  readonly answer: string;
}

/** With parameters that fit, so that a refusal is one of the scope. */
const ABOUT_CONNECTION: Readonly<Record<ConnectionMethod, AboutConnection>> = {
  'connection/open': { params: () => ({ protocol: 1 }), answer: 'conflict' },
  'connection/ping': { params: () => ({}), answer: 'ok' },
  'session/follow': { params: (session) => ({ session }), scope: 'observe', answer: 'ok' },
  'subtree/follow': { params: (session) => ({ session }), scope: 'observe', answer: 'ok' },
  'list/follow': { params: () => ({}), scope: 'observe', answer: 'ok' },
  'follow/stop': { params: () => ({ subscription: 'sub_none' }), answer: 'ok' },
};

/** Half of what one connection may ask at once. */
const AT_ONCE = 32;

async function judged(way: Way, has: TokenScope): Promise<number> {
  const methods = Object.entries(METHODS);
  const answers: Sent[] = [];
  for (let at = 0; at < methods.length; at += AT_ONCE) {
    const some = methods.slice(at, at + AT_ONCE);
    const asked = some.map(([method]) => way.call(method, { session: 'ses_none', nonsense: true }));
    answers.push(...(await Promise.all(asked)));
  }
  methods.forEach(([method, { scope }], at) => {
    const answer = answers[at] ?? {};
    const may = scope === has;
    expect([has, method, codeOf(answer)]).toEqual([has, method, may ? 'invalid_params' : 'forbidden']);
    if (!may) expect(answer.error?.message).toContain(scope);
  });
  return methods.length;
}

it.each(WAY_NAMES)('keeps to the scopes of a token, with every method, by %s', async (name) => {
  await using served = await serve({ clock: HURRIED });
  const { id: session } = await served.test.session();
  let cells = 0;
  for (const scope of TokenScope.options) {
    const token = createToken(served.home, { name: scope, scopes: [scope] }, 0);
    using way = await WAYS[name](served, token);
    cells += await judged(way, scope);
    for (const [method, { params, scope: needs = scope, answer }] of Object.entries(ABOUT_CONNECTION)) {
      const said = codeOf(await way.call(method, params(session)));
      // A call by POST has no connection that it could be about.
      const wanted = name === 'post' ? 'not_found' : needs === scope ? answer : 'forbidden';
      expect([name, scope, method, said]).toEqual([name, scope, method, wanted]);
      cells++;
    }
  }
  const all = Object.keys(METHODS).length + Object.keys(CONNECTION_METHODS).length;
  expect(cells).toBe(TokenScope.options.length * all);
});

it.each(WAY_NAMES)(
  'keeps a token to its sessions, with everything that is about sessions, by %s',
  async (name) => {
    await using served = await serve({ clock: HURRIED });
    const [mine, other] = [(await served.test.session()).id, (await served.test.session()).id];
    const token = createToken(served.home, { name: 'one', scopes: TokenScope.options, sessions: [mine] }, 0);
    using way = await WAYS[name](served, token);
    const refused = ['session/get', 'session/events', 'turn/cancel', 'session/erase'];
    for (const method of refused) {
      expect([method, codeOf(await way.call(method, { session: other }))]).toEqual([method, 'forbidden']);
      expect([method, codeOf(await way.call(method, { session: mine, nonsense: 1 }))]).toEqual([
        method,
        'invalid_params',
      ]);
    }
    for (const method of ['session/list', 'session/create', 'inbox/list', 'host/inspect'])
      expect([method, codeOf(await way.call(method, {}))]).toEqual([method, 'forbidden']);
    if (name === 'post') return;
    for (const method of ['session/follow', 'subtree/follow'])
      expect([method, codeOf(await way.call(method, { session: other }))]).toEqual([method, 'forbidden']);
    expect(codeOf(await way.call('list/follow', {}))).toBe('forbidden');
    expect(codeOf(await way.call('session/follow', { session: mine }))).toBe('ok');
  },
);
