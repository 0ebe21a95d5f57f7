// A browser on this machine will send requests here for any page that asks it to. Two headers that pages cannot choose say so: the
// host they thought they reached (a name that was pointed here is not ours) and the page they come from.
import { CarrelError, codeOf } from '../protocol/index.ts';
import type { Shared } from './shared.ts';

/** The names under which a listener is reached, and by what. */
export interface OwnNames {
  readonly scheme: 'http' | 'https';
  /** Lower case; `*.example.org` stands for any one label. Addresses of version 6 in brackets. */
  readonly names: readonly string[];
}

export const LOOPBACK: OwnNames = { scheme: 'http', names: ['localhost', '127.0.0.1', '[::1]'] };

export interface Heads {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Of other sites that were let in by name. */
  readonly origins?: readonly string[] | undefined;
}

/** `forbidden` for a host that is none of ours, and for a page of another origin. Programs that are no browser send no origin. */
export function refuseForeign({ host, origin, origins }: Heads, own: OwnNames = LOOPBACK): void {
  const name = host === undefined ? undefined : /^(\[[^\]]*\]|[^:]*)(:\d+)?$/.exec(host)?.[1]?.toLowerCase();
  if (name === undefined || !own.names.some((one) => stands(one, name))) {
    const message = `the Host ${quoted(host)} is not this daemon's: use ${own.names.join(', ')}`;
    throw new CarrelError('forbidden', message);
  }
  if (origin === undefined || origin.toLowerCase() === `${own.scheme}://${String(host).toLowerCase()}`)
    return;
  if (origins?.includes(origin.toLowerCase()) === true) return;
  const message = `pages of ${quoted(origin)} may not use this daemon: start it with --origin to let them in`;
  throw new CarrelError('forbidden', message);
}

/** The same, and it is written down. */
export function refuseForeigner(shared: Pick<Shared, 'failures'>, heads: Heads, own: OwnNames): void {
  try {
    refuseForeign(heads, own);
  } catch (error) {
    void shared.failures.note({ who: 'unknown', what: 'a foreign Host or Origin', result: codeOf(error) });
    throw error;
  }
}

function stands(own: string, name: string): boolean {
  if (!own.startsWith('*.')) return own === name;
  const dot = name.indexOf('.');
  return dot > 0 && name.slice(dot) === own.slice(1);
}

/** `invalid_params` for what is no origin: a scheme, a host and perhaps a port, nothing behind. */
export function checkedOrigins(origins: readonly string[]): readonly string[] {
  return origins.map((origin) => {
    if (URL.canParse(origin) && new URL(origin).origin === origin.toLowerCase()) return origin.toLowerCase();
    throw new CarrelError(
      'invalid_params',
      `${quoted(origin)} is no origin: give one as in http://localhost:3000`,
    );
  });
}

/** What a browser wants to hear before it lets a page of another site send its token and read the answer. */
export const OPEN_TO_PAGES: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Methods': 'GET, POST',
  'Access-Control-Allow-Headers': 'authorization, content-type, last-event-id, user-agent',
  'Access-Control-Max-Age': '600',
};

function quoted(value: string | undefined): string {
  return JSON.stringify((value ?? '').slice(0, 200));
}

export function isLoopback(address: string): boolean {
  return ['127.0.0.1', '::1', 'localhost'].includes(address) || /^127(\.\d{1,3}){3}$/.test(address);
}
