import { expect, it } from 'vitest';
import { openInside, type Inside } from './fixtures.ts';
import { LOOPBACK } from './foreign.ts';
import { httpApp } from './http.ts';
import { createToken, ownerToken } from './tokens.ts';

const NEVER_READY = 'draining: the daemon is stopping';

/** Asks a daemon that other machines reach, from an address. */
function outside(inside: Inside, address: string) {
  const app = httpApp(inside.shared, LOOPBACK, true);
  return async (path: string, token?: string): Promise<Response> => {
    const headers = {
      host: 'localhost',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    return app.request(path, { headers }, { incoming: { socket: { remoteAddress: address } } });
  };
}

it.each([
  ['127.0.0.1', true],
  ['127.8.8.8', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['192.0.2.7', false],
  ['::ffff:192.0.2.7', false],
  ['2001:db8::1', false],
  ['127.evil', false],
])('says why it is not ready to %s: %j', async (address, hears) => {
  await using inside = await openInside();
  const ask = outside(inside, address);
  expect([(await ask('/health/live')).status, (await ask('/health/ready')).status]).toEqual([200, 200]);
  inside.shared.telemetry.drain();
  const answer = await ask('/health/ready');
  const said: unknown = await answer.json();
  expect([answer.status, said]).toEqual([
    503,
    { ready: false, ...(hears ? { reasons: [NEVER_READY] } : {}) },
  ]);
});

it('says it to other machines by any token that counts, and refuses one that does not', async () => {
  await using inside = await openInside();
  const ask = outside(inside, '192.0.2.7');
  inside.shared.telemetry.drain();
  const bot = createToken(inside.home, { name: 'bot', scopes: ['prompt'] }, 0);
  inside.tokens.refresh();
  for (const token of [bot, ownerToken(inside.home)])
    expect(await (await ask('/health/ready', token)).json()).toEqual({
      ready: false,
      reasons: [NEVER_READY],
    });
  const wrong = ask('/health/ready', 'guess');
  await inside.test.clock.advance(5_000);
  expect((await wrong).status).toBe(401);
});

it('gives its numbers to no other machine without a token, whatever the settings say', async () => {
  await using inside = await openInside({ telemetry: { metrics: 'loopback' } });
  expect((await httpApp(inside.shared).request('/metrics', { headers: { host: 'localhost' } })).status).toBe(
    200,
  );
  for (const address of ['192.0.2.7', '127.0.0.1']) {
    const ask = outside(inside, address);
    const without = ask('/metrics');
    await inside.test.clock.advance(5_000);
    expect((await without).status).toBe(401);
    expect((await ask('/metrics', ownerToken(inside.home))).status).toBe(200);
  }
});

it('counts what comes by the doors of front ends as it counts calls and streams', async () => {
  await using inside = await openInside();
  const { shared, home, tokens, test } = inside;
  const { id } = await test.session();
  const token = createToken(home, { name: 'page', scopes: ['observe', 'prompt', 'approve'] }, 0);
  tokens.refresh();
  const app = httpApp(shared);
  const headers = { host: 'localhost', authorization: `Bearer ${token}` };
  const message = (role: string): string =>
    JSON.stringify({ id, messages: [{ id: 'm', role, parts: [{ type: 'file' }] }] });
  const post = (role: string): Promise<number> =>
    Promise.resolve(app.request('/ui', { method: 'POST', headers, body: message(role) })).then(
      ({ status }) => status,
    );
  const stream = (): Promise<number> =>
    Promise.resolve(app.request(`/ui/${id}/stream`, { headers })).then(({ status }) => status);
  const allowance = shared.allowances.of({ name: 'page', scopes: [] });
  expect([await post('user'), await stream(), await post('assistant')]).toEqual([400, 204, 400]);
  for (let n = 0; n < 998; n++) allowance.request(false);
  expect([await post('user'), await stream()]).toEqual([503, 503]);
  expect(await post('assistant')).toBe(400); // what answers an approval has room of its own
  await test.clock.advance(60_000);
  await test.host.session(id).then((session) => session.send('go'));
  const held = Array.from({ length: shared.limits.tokenConnections }, () => allowance.connect());
  const body = JSON.stringify({
    id,
    messages: [{ id: 'n', role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
  });
  expect((await app.request('/ui', { method: 'POST', headers, body })).status).toBe(503);
  held[0]?.[Symbol.dispose]();
  expect((await app.request('/ui', { method: 'POST', headers, body })).status).toBe(200);
});
