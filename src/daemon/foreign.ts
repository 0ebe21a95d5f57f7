// A browser on this machine will send requests here for any page that asks it to. Two headers that pages cannot choose say so: the
// host they thought they reached (a name that was pointed here is not ours) and the page they come from.
import { CarrelError } from '../protocol/index.ts';

const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

export interface Heads {
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

/** `forbidden` for a host that is none of ours, and for a page of another origin. Programs that are no browser send no origin. */
export function refuseForeign({ host, origin }: Heads): void {
  const name = host === undefined ? undefined : /^(\[[^\]]*\]|[^:]*)(:\d+)?$/.exec(host)?.[1]?.toLowerCase();
  if (name === undefined || !LOOPBACK_NAMES.includes(name)) {
    const message = `the Host ${quoted(host)} is not this daemon's: use ${LOOPBACK_NAMES.join(', ')}`;
    throw new CarrelError('forbidden', message);
  }
  if (origin === undefined || origin.toLowerCase() === `http://${String(host).toLowerCase()}`) return;
  throw new CarrelError('forbidden', `pages of ${quoted(origin)} may not use this daemon`);
}

function quoted(value: string | undefined): string {
  return JSON.stringify((value ?? '').slice(0, 200));
}

/** `invalid_params` for an address that others could reach: there is no TLS, so tokens would be readable on their way. */
export function refuseOutside(address: string): void {
  if (['127.0.0.1', '::1', 'localhost'].includes(address) || /^127(\.\d{1,3}){3}$/.test(address)) return;
  const message = `the daemon listens on loopback only, not on ${JSON.stringify(address)}: from elsewhere, forward a port (ssh -L)`;
  throw new CarrelError('invalid_params', message, { data: { address } });
}
