// Tokens: the one of the home, which is the owner's, and named ones that allow less. A secret is shown once, when it is made.
import { z } from 'zod';
import { CarrelError, type TokenScope } from '../protocol/index.ts';
import { OWNER_NAME } from './identity.ts';
import {
  changing,
  digestOf,
  NamedToken,
  newSecret,
  readKept,
  readOwnerToken,
  writeKept,
  writeOwnerToken,
  type KeptTokens,
  type Replaced,
  type TokenFiles,
} from './token-file.ts';

export interface TokenRequest {
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  readonly sessions?: readonly string[];
  readonly expiresAt?: number;
}

/** Of one token, within their grace; who rotates more often leaves programs behind that nobody knows of. */
const MAX_REPLACED = 8;

/** The owner's token, made when there is none. `forbidden` when it is not the owner's alone. */
export function ownerToken(files: TokenFiles): string {
  return readOwnerToken(files) ?? changing(files, () => readOwnerToken(files) ?? makeOwnerToken(files));
}

function makeOwnerToken(files: TokenFiles): string {
  const secret = newSecret();
  writeOwnerToken(files, secret);
  return secret;
}

/**
 * Makes a token and gives its secret, which is kept nowhere. `already_exists`; `invalid_params` for a name that is none;
 * `limit_reached` when there are too many.
 */
export function createToken(files: TokenFiles, request: TokenRequest, nowMs: number): string {
  const secret = newSecret();
  const made = NamedToken.safeParse({ ...request, digest: digestOf(secret), createdAt: nowMs });
  if (!made.success) throw new CarrelError('invalid_params', z.prettifyError(made.error));
  return changing(files, () => {
    const kept = readKept(files);
    if (request.name === OWNER_NAME || kept.tokens.some(({ name }) => name === request.name))
      throw new CarrelError(
        'already_exists',
        `there is a token ${request.name}: revoke it, or take another name`,
      );
    writeKept(files, { ...kept, tokens: [...kept.tokens, made.data] });
    return secret;
  });
}

/** Oldest first; expired ones too, until they are revoked. */
export function listTokens(files: TokenFiles): readonly NamedToken[] {
  return readKept(files).tokens;
}

/** A daemon that runs drops whoever uses it within a second. `not_found` when there is none. */
export function revokeToken(files: TokenFiles, name: string): void {
  changing(files, () => {
    const kept = readKept(files);
    const tokens = kept.tokens.filter((token) => token.name !== name);
    if (tokens.length === kept.tokens.length) throw new CarrelError('not_found', `there is no token ${name}`);
    writeKept(files, { ...kept, tokens });
  });
}

export interface Rotation {
  /** `owner`, or a token's name. */
  readonly name: string;
  /** How long the old one still counts; and no longer do the ones before it. 0 ends them all. */
  readonly graceMs: number;
}

/**
 * A new secret for the same name, scopes and sessions, and gives it. Whenever this is cut short, the old one counts, or the new one
 * with the old one in its grace. `not_found`; `conflict` for one that has expired; `limit_reached` after too many within one grace.
 */
export function rotateToken(files: TokenFiles, rotation: Rotation, nowMs: number): string {
  return changing(files, () => {
    const kept = readKept(files);
    const until = nowMs + rotation.graceMs;
    return rotation.name === OWNER_NAME
      ? rotateOwner(files, kept, { nowMs, until })
      : rotateNamed(files, kept, { name: rotation.name, nowMs, until });
  });
}

interface Times {
  readonly nowMs: number;
  readonly until: number;
}

/** The old one's grace is written first: what follows may fail, and then it is simply the one that counts. */
function rotateOwner(files: TokenFiles, kept: KeptTokens, times: Times): string {
  const old = readOwnerToken(files);
  if (old === undefined) return makeOwnerToken(files);
  writeKept(files, { ...kept, replaced: replacing(kept.replaced, digestOf(old), times) });
  return makeOwnerToken(files);
}

function rotateNamed(files: TokenFiles, kept: KeptTokens, given: Times & { readonly name: string }): string {
  const { name, nowMs } = given;
  const old = kept.tokens.find((token) => token.name === name);
  if (old === undefined) throw new CarrelError('not_found', `there is no token ${name}`);
  if (old.expiresAt !== undefined && old.expiresAt <= nowMs)
    throw new CarrelError('conflict', `the token ${name} has expired: revoke it, and make another`);
  const secret = newSecret();
  const replaced = replacing(old.replaced, old.digest, given);
  const next = { ...old, digest: digestOf(secret), rotatedAt: nowMs, replaced };
  writeKept(files, { ...kept, tokens: kept.tokens.map((token) => (token === old ? next : token)) });
  return secret;
}

function replacing(before: readonly Replaced[] = [], digest: string, { nowMs, until }: Times): Replaced[] {
  const older = before
    .filter((one) => one.until > nowMs && one.digest !== digest)
    .map((one) => ({ ...one, until: Math.min(one.until, until) }));
  const all = [...older, { digest, until }].filter((one) => one.until > nowMs);
  if (all.length <= MAX_REPLACED) return all;
  const message = `${String(MAX_REPLACED)} older ones still count: wait for their end, or end them all with a grace of 0`;
  throw new CarrelError('limit_reached', message, { data: { limit: MAX_REPLACED } });
}
