// The certificate under which other machines reach the daemon. Everything that would make a client refuse it, or let another process have its
// key, refuses the start instead.
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { platform } from 'node:os';
import { CarrelError } from '../protocol/index.ts';
import { LOOPBACK, type OwnNames } from './foreign.ts';

export interface CertificateFiles {
  /** The certificate in PEM, with those between it and its authority behind it. */
  readonly certificate: string;
  /** Its key in PEM, without a passphrase, and unreadable for others. */
  readonly key: string;
}

export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly own: OwnNames;
}

/** `invalid_params` for files that are none, do not belong together, name nobody or are out of date; `forbidden` for a key that others can read. */
export function readCertificate(files: CertificateFiles, nowMs: number): Certificate {
  const [cert, key] = [read(files.certificate), readKey(files.key)];
  const certificate = parsed(files.certificate, () => new X509Certificate(cert));
  const ofKey: KeyObject = parsed(files.key, () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(ofKey)) throw wrong(files.key, `is not the key of ${files.certificate}`);
  if (certificate.validFromDate.getTime() > nowMs)
    throw wrong(files.certificate, `counts from ${certificate.validFrom}`);
  if (certificate.validToDate.getTime() <= nowMs)
    throw wrong(files.certificate, `has ended on ${certificate.validTo}`);
  const names = namesIn(certificate.subjectAltName ?? '');
  if (names.length === 0) throw wrong(files.certificate, 'names no host (subjectAltName)');
  return { cert, key, own: { scheme: 'https', names } };
}

/** A name that a client can use, for whoever looks where the daemon is. */
export function plainName({ names }: OwnNames): string {
  return names.find((name) => !name.startsWith('*') && !LOOPBACK.names.includes(name)) ?? names[0] ?? '';
}

/** `DNS:example.org, IP Address:::1`. */
function namesIn(text: string): readonly string[] {
  return text.split(', ').flatMap((entry) => {
    const [, kind, name = ''] = /^(DNS|IP Address):(\S+)$/.exec(entry) ?? [];
    if (kind === undefined) return [];
    return [kind === 'DNS' ? name.toLowerCase() : address(name)];
  });
}

/** As a `Host` has it. */
function address(ip: string): string {
  return isIPv6(ip) ? new URL(`http://[${ip}]`).hostname : ip;
}

function readKey(path: string): string {
  const { mode } = stats(path);
  if (platform() !== 'win32' && (mode & 0o027) !== 0) {
    const message = `${path} can be read by others (mode ${(mode & 0o777).toString(8)}): chmod 600 it`;
    throw new CarrelError('forbidden', message, { data: { file: path } });
  }
  return read(path);
}

function stats(path: string): { readonly mode: number } {
  return parsed(path, () => statSync(path), 'cannot be read');
}

function read(path: string): string {
  return parsed(path, () => readFileSync(path, 'utf8'), 'cannot be read');
}

function parsed<T>(path: string, parse: () => T, problem = 'is not what it should be'): T {
  try {
    return parse();
  } catch (error) {
    throw wrong(path, `${problem} (${error instanceof Error ? error.message : String(error)})`, error);
  }
}

function wrong(path: string, problem: string, cause?: unknown): CarrelError {
  return new CarrelError('invalid_params', `${path} ${problem}: name another file`, {
    data: { file: path },
    cause,
  });
}
