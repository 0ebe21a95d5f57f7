// Webhooks and ntfy. The address is the user's own choice, so private ones are allowed; what is sent back is not read, and a redirect is
// not followed, so that the other side cannot lead a request anywhere.
import { createHmac } from 'node:crypto';
import type { Clock } from '../../base/index.ts';
import type { Notification } from '../../protocol/index.ts';
import type { Delivered, Receiver } from './port.ts';

/** For one try, ms. */
const TIMEOUT_MS = 10_000;
const MS = 1000;
/** It will never be taken: the receiver understood, and refuses this one. */
const FINAL: ReadonlySet<number> = new Set([400, 405, 410, 413, 415, 422]);

export interface HttpOptions extends Pick<Receiver, 'name' | 'kinds'> {
  readonly url: string;
  readonly clock: Clock;
  /** Default the platform's. */
  readonly fetch?: typeof fetch;
}

/** JSON, signed: `Carrel-Signature: t=SECONDS,v1=HEX` is the HMAC-SHA256 of `SECONDS.BODY`. */
export function webhookReceiver({ secret, ...options }: HttpOptions & { readonly secret: string }): Receiver {
  const send: Receiver['send'] = (notification, signal) => {
    const body = JSON.stringify(notification);
    const seconds = String(Math.floor(options.clock.now() / MS));
    const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
    const headers = { 'Carrel-Delivery': notification.id, 'Carrel-Signature': `t=${seconds},v1=${mac}` };
    return post(options, { headers, body }, signal);
  };
  return { name: options.name, kinds: options.kinds, send };
}

const PRIORITY: Readonly<Record<Notification['kind'], number>> = {
  waiting: 4,
  budget: 4,
  failed: 4,
  finished: 3,
};

/** `url` is that of a topic: what is before its last segment is the server. */
export function ntfyReceiver({ token, ...options }: HttpOptions & { readonly token?: string }): Receiver {
  const { origin, pathname } = new URL(options.url);
  const at = pathname.lastIndexOf('/');
  const server = `${origin}${pathname.slice(0, at + 1)}`;
  const topic = decodeURIComponent(pathname.slice(at + 1));
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const send: Receiver['send'] = ({ kind, name, title, why }, signal) => {
    const body = JSON.stringify({
      topic,
      title: title ?? name,
      message: `${name}: ${why}`,
      priority: PRIORITY[kind],
      tags: [kind],
    });
    return post({ ...options, url: server }, { headers, body }, signal);
  };
  return { name: options.name, kinds: options.kinds, send };
}

async function post(
  { url, clock, fetch: ask = fetch }: HttpOptions,
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  signal: AbortSignal,
): Promise<Delivered> {
  const late = new AbortController();
  using _timer = clock.after(TIMEOUT_MS, () => late.abort());
  try {
    const response = await ask(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, late.signal]),
    });
    await response.body?.cancel();
    return outcomeOf(response, new URL(url).host);
  } catch (error) {
    return { ok: false, again: true, why: `${new URL(url).host} cannot be reached (${nameOf(error)})` };
  }
}

function outcomeOf({ ok, status, headers }: Response, host: string): Delivered {
  if (ok) return { ok: true };
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  const advice =
    Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: Math.min(seconds, 3600) * MS } : {};
  return { ok: false, again: !FINAL.has(status), why: `${host} answered ${String(status)}`, ...advice };
}

/** What the platform says of a failed request may hold the whole address: its kind alone does not. */
function nameOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  if (typeof cause?.code === 'string') return cause.code;
  return error instanceof Error ? error.name : 'unknown';
}
