// The tokens that count now, as a daemon that runs knows them.
import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../base/index.ts';
import { hasExpired, OWNER, type Identity } from './identity.ts';
import {
  digestOf,
  readKept,
  readOwnerToken,
  type NamedToken,
  type Replaced,
  type TokenFiles,
} from './token-file.ts';
import { ownerToken } from './tokens.ts';

type Known = Identity & { readonly digest: string };

export class KnownTokens {
  readonly #files: TokenFiles;
  readonly #clock: Pick<Clock, 'now'>;
  #known: readonly Known[] = [];

  /** Makes the owner's token when there is none. Throws what `ownerToken` and `listTokens` throw. */
  constructor(files: TokenFiles, clock: Pick<Clock, 'now'>) {
    this.#files = files;
    this.#clock = clock;
    ownerToken(files);
    this.refresh();
  }

  /** Reads the files anew. What cannot be read lets nobody in, and throws; the other file counts all the same. */
  refresh(): void {
    this.#known = [];
    const failures: unknown[] = [];
    const known = [this.#owner, this.#kept].flatMap((read) => {
      try {
        return read();
      } catch (error) {
        failures.push(error);
        return [];
      }
    });
    // While the owner's token is replaced its digest is for a moment in both files: what is not replaced comes first, and counts.
    this.#known = known.filter(({ digest }, at) => known.findIndex((one) => one.digest === digest) === at);
    if (failures.length > 0) throw failures[0];
  }

  /** Compares with every one, in constant time each. One that has expired is found as well. */
  find(secret: string): Identity | undefined {
    const digest = Buffer.from(digestOf(secret), 'hex');
    let found: Identity | undefined;
    for (const identity of this.#known)
      if (timingSafeEqual(digest, Buffer.from(identity.digest, 'hex'))) found = identity;
    return found;
  }

  /** Why this one counts no more, if so: it was revoked or replaced, or has expired. */
  endOf(identity: Identity): string | undefined {
    const { name, digest } = identity;
    const nowMs = this.#clock.now();
    if (hasExpired(identity, nowMs)) return `the token ${name} has expired: ask for another`;
    if (digest === undefined) return undefined;
    const known = this.#known.find((one) => one.digest === digest);
    if (known !== undefined && !hasExpired(known, nowMs)) return undefined;
    return `the token ${name} was revoked or replaced: ask for the new one`;
  }

  readonly #owner = (): readonly Known[] => {
    const secret = readOwnerToken(this.#files);
    return secret === undefined ? [] : [{ ...OWNER, digest: digestOf(secret) }];
  };

  readonly #kept = (): readonly Known[] => {
    const { replaced = [], tokens } = readKept(this.#files);
    return [...replaced.map((one) => inGrace(OWNER, one)), ...tokens.flatMap(identitiesOf)];
  };
}

function identitiesOf({ name, digest, scopes, sessions, expiresAt, replaced = [] }: NamedToken): Known[] {
  const identity = {
    name,
    digest,
    scopes,
    ...(sessions === undefined ? {} : { sessions }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
  return [identity, ...replaced.map((one) => inGrace(identity, one))];
}

function inGrace(identity: Identity, { digest, until }: Replaced): Known {
  return { ...identity, digest, expiresAt: Math.min(identity.expiresAt ?? until, until) };
}
