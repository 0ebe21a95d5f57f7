import { expect, it } from 'vitest';
import { openInside } from './fixtures.ts';
import { checkedOrigins } from './foreign.ts';
import { httpApp } from './http.ts';

const PAGE = 'http://localhost:3000';

it('lets in pages of the sites that were named, and tells their browser so', async () => {
  await using inside = await openInside();
  const app = httpApp({ ...inside.shared, origins: checkedOrigins([PAGE]) });
  const ask = async (origin: string, method = 'GET'): Promise<Response> =>
    app.request('http://localhost/health/live', { method, headers: { Host: 'localhost', Origin: origin } });
  const live = await ask(PAGE);
  expect([live.status, live.headers.get('access-control-allow-origin')]).toEqual([200, PAGE]);
  const preflight = await ask(PAGE, 'OPTIONS');
  expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, PAGE]);
  expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
  for (const origin of ['http://localhost:3001', 'https://localhost:3000', 'null', `${PAGE}.example`]) {
    const refused = await ask(origin, 'OPTIONS');
    expect([origin, refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([
      origin,
      403,
      null,
    ]);
  }
});

it('still wants a token of them', async () => {
  await using inside = await openInside();
  const app = httpApp({ ...inside.shared, origins: checkedOrigins([PAGE]) });
  const asked = app.request('http://localhost/ui/ses_1/stream', {
    headers: { Host: 'localhost', Origin: PAGE },
  });
  await inside.test.clock.advance(5000);
  expect((await asked).status).toBe(401);
});

it.each(['localhost:3000', 'http://localhost:3000/', 'http://a/b', '*', 'null', ''])(
  'takes %j for no origin',
  (origin) => {
    expect(() => checkedOrigins([origin])).toThrow('is no origin');
  },
);
