// Tokens: the one of the home, which is the owner's, and named ones that allow less. Of the named ones only digests are kept; the
// secret is shown once. A file that others can read or change is refused: whoever has it has the home.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { platform } from 'node:os';
import { z } from 'zod';
import { parseJson } from '../base/index.ts';
import { readSmallFile, replaceFile } from '../config/index.ts';
import { CarrelError, SessionId, SessionName, TokenScope } from '../protocol/index.ts';
import { OWNER, OWNER_NAME, type Identity } from './identity.ts';

/** Where they are: the owner's own, and the digests of the others. */
export interface TokenFiles {
  readonly token: string;
  readonly tokens: string;
}

const NamedToken = z.strictObject({
  name: SessionName,
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(TokenScope).min(1),
  sessions: z.array(SessionId).min(1).optional(),
  createdAt: z.int().nonnegative(),
  expiresAt: z.int().nonnegative().optional(),
});
export type NamedToken = z.infer<typeof NamedToken>;

const TokensFile = z.strictObject({ version: z.literal(1), tokens: z.array(NamedToken) });

export interface TokenRequest {
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  readonly sessions?: readonly string[];
  readonly expiresAt?: number;
}

/** 256 bits; base64url, so that it fits in a header as it is. */
const SECRET_BYTES = 32;

/** The owner's token, made when there is none. `forbidden` when others can read it. */
export function ownerToken({ token }: TokenFiles): string {
  const kept = readPrivate(token)?.trim();
  if (kept === undefined) {
    const secret = newSecret();
    replaceFile(token, `${secret}\n`);
    return secret;
  }
  if (/^[\w-]{43,256}$/.test(kept)) return kept;
  throw new CarrelError('invalid_params', `${token} holds no token: delete it, and a new one is made`);
}

/** Makes a token and gives its secret, which is kept nowhere. `already_exists`; `invalid_params` for a name that is none. */
export function createToken(files: TokenFiles, request: TokenRequest, nowMs: number): string {
  const secret = newSecret();
  const made = NamedToken.safeParse({ ...request, digest: digestOf(secret), createdAt: nowMs });
  if (!made.success) throw new CarrelError('invalid_params', z.prettifyError(made.error));
  const known = listTokens(files);
  if (request.name === OWNER_NAME || known.some(({ name }) => name === request.name))
    throw new CarrelError(
      'already_exists',
      `there is a token ${request.name}: revoke it, or take another name`,
    );
  write(files, [...known, made.data]);
  return secret;
}

/** Oldest first; expired ones too, until they are revoked. */
export function listTokens({ tokens }: TokenFiles): readonly NamedToken[] {
  const text = readPrivate(tokens);
  if (text === undefined) return [];
  const parsed = parseJson(text);
  const checked = TokensFile.safeParse(parsed.ok ? parsed.value : undefined);
  if (checked.success) return checked.data.tokens;
  throw new CarrelError('invalid_params', `${tokens} is damaged: delete it and make the tokens again`, {
    data: { file: tokens },
  });
}

/** A daemon that runs drops whoever uses it within a second. `not_found` when there is none. */
export function revokeToken(files: TokenFiles, name: string): void {
  const known = listTokens(files);
  const rest = known.filter((token) => token.name !== name);
  if (rest.length === known.length) throw new CarrelError('not_found', `there is no token ${name}`);
  write(files, rest);
}

function write({ tokens }: TokenFiles, all: readonly NamedToken[]): void {
  replaceFile(tokens, `${JSON.stringify({ version: 1, tokens: all }, null, 2)}\n`);
}

function readPrivate(path: string): string | undefined {
  const content = readSmallFile(path);
  if (content === undefined) return undefined;
  if (platform() !== 'win32' && (content.mode & 0o077) !== 0) {
    const message = `${path} can be read or changed by others (mode ${content.mode.toString(8)}): chmod 600 it, or delete it and make new tokens`;
    throw new CarrelError('forbidden', message, { data: { file: path } });
  }
  return new TextDecoder().decode(content.bytes);
}

function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** The tokens that count now. */
export class Tokens {
  readonly #files: TokenFiles;
  readonly #owner: Identity;
  #named: readonly Identity[] = [];

  /** Makes the owner's token when there is none. Throws what `ownerToken` and `listTokens` throw. */
  constructor(files: TokenFiles) {
    this.#files = files;
    this.#owner = { ...OWNER, digest: digestOf(ownerToken(files)) };
    this.#named = listTokens(files).map(toIdentity);
  }

  /** Reads the file anew. One that cannot be read lets nobody in but the owner, and throws. */
  refresh(): void {
    this.#named = [];
    this.#named = listTokens(this.#files).map(toIdentity);
  }

  /** Compares with every one, in constant time each. */
  find(secret: string): Identity | undefined {
    const digest = Buffer.from(digestOf(secret), 'hex');
    let found: Identity | undefined;
    for (const identity of [this.#owner, ...this.#named])
      if (timingSafeEqual(digest, Buffer.from(identity.digest ?? '', 'hex'))) found = identity;
    return found;
  }

  /** The same after reading the file: another process may just have made it. */
  findAnew(secret: string): Identity | undefined {
    this.refresh();
    return this.find(secret);
  }

  /** Whether it still counts. */
  knows({ digest }: Identity): boolean {
    return [undefined, this.#owner.digest, ...this.#named.map((named) => named.digest)].includes(digest);
  }
}

function toIdentity({ name, digest, scopes, sessions, expiresAt }: NamedToken): Identity {
  return {
    name,
    digest,
    scopes,
    ...(sessions === undefined ? {} : { sessions }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}
