import { expect, it } from 'vitest';
import { codeOf, type Notification } from '../protocol/index.ts';
import { signWebhook, verifyWebhook } from './index.ts';

const NOTE: Notification = {
  id: 'ntf_7',
  kind: 'failed',
  at: 1,
  session: 'ses_1',
  seq: 3,
  name: 'desk',
  folder: '/w',
  why: 'no',
};
const body = JSON.stringify(NOTE);
const secret = 'a secret of this test';
const nowMs = 1_700_000_000_000;

it('takes what the holder of the secret has just signed, and nothing else', async () => {
  const signature = await signWebhook(secret, body, nowMs);
  expect(await verifyWebhook({ secret, signature, body, nowMs })).toEqual(NOTE);
  const refused = [
    { signature: null },
    { signature: 't=1,v1=00' },
    { secret: 'another secret' },
    { body: body.replace('failed', 'finished') },
    { signature: signature.replace(/t=\d+/, 't=1700000001') },
    { nowMs: nowMs + 301_000 },
    { nowMs: nowMs - 301_000 },
  ];
  for (const change of refused)
    expect(await verifyWebhook({ secret, signature, body, nowMs, ...change }).catch(codeOf)).toBe(
      'unauthorized',
    );
  const other = await signWebhook(secret, '{}', nowMs);
  expect(await verifyWebhook({ secret, signature: other, body: '{}', nowMs }).catch(codeOf)).toBe(
    'unauthorized',
  );
});
