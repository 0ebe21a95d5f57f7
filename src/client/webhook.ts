// How a webhook is signed, and how its receiver knows that it is: HMAC-SHA256 with the shared secret over the time, a dot and the body.
import { parseJson } from '../base/index.ts';
import { CarrelError, Notification } from '../protocol/index.ts';

/** How old a signature may be, ms: whoever overheard one cannot send it again later. */
const TOLERANCE_MS = 5 * 60_000;
const HEX_BYTE = 2;

export interface Webhook {
  readonly secret: string;
  /** The header `Carrel-Signature`: `t=SECONDS,v1=HEX`. */
  readonly signature: string | null | undefined;
  /** As it came, before anything parsed it. */
  readonly body: string;
  /** Epoch ms; default now. */
  readonly nowMs?: number;
  /** Default 5 minutes. */
  readonly toleranceMs?: number;
}

/**
 * The notification, when the secret's holder sent it just now; else `unauthorized`. Compared in constant time. A receiver that has seen
 * its `id` before answers 200 and does nothing.
 */
export async function verifyWebhook(webhook: Webhook): Promise<Notification> {
  const { secret, signature, body, nowMs = Date.now(), toleranceMs = TOLERANCE_MS } = webhook;
  const [, seconds = '', hex = ''] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(signature ?? '') ?? [];
  if (seconds === '') throw refused('there is no signature t=SECONDS,v1=HEX');
  if (Math.abs(nowMs - Number(seconds) * 1000) > toleranceMs) throw refused('it was signed too long ago');
  const key = await keyOf(secret, 'verify');
  const fits = await crypto.subtle.verify('HMAC', key, bytesOf(hex), signed(seconds, body));
  if (!fits) throw refused('the signature does not fit the body and the secret');
  const parsed = parseJson(body);
  const notification = Notification.safeParse(parsed.ok ? parsed.value : undefined);
  if (!notification.success) throw refused('the body is no notification');
  return notification.data;
}

/** The value of the header, as a host makes it. */
export async function signWebhook(secret: string, body: string, nowMs: number): Promise<string> {
  const seconds = String(Math.floor(nowMs / 1000));
  const mac = await crypto.subtle.sign('HMAC', await keyOf(secret, 'sign'), signed(seconds, body));
  const hex = [...new Uint8Array(mac)].map((byte) => byte.toString(16).padStart(HEX_BYTE, '0')).join('');
  return `t=${seconds},v1=${hex}`;
}

function keyOf(secret: string, use: 'sign' | 'verify'): ReturnType<typeof crypto.subtle.importKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  return crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, [use]);
}

function signed(seconds: string, body: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${seconds}.${body}`);
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function refused(why: string): CarrelError {
  return new CarrelError('unauthorized', `This webhook is not to be trusted: ${why}.`);
}
