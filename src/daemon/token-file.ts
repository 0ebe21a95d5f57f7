// How tokens are kept: the owner's own as it is, in `token`; of the named ones, and of those that a rotation replaced, only digests, in
// `tokens.json`. Each file is replaced whole. Changes are made one at a time, whichever process makes them.
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from '../base/index.ts';
import { replaceFile } from '../config/index.ts';
import { CarrelError, SessionId, SessionName, TokenScope } from '../protocol/index.ts';
import { lockFile } from './file-lock.ts';
import { readPrivateFile } from './private-file.ts';

/** Where they are: the owner's own, and the digests of the others. */
export interface TokenFiles {
  readonly token: string;
  readonly tokens: string;
}

const Digest = z.string().regex(/^[0-9a-f]{64}$/);

/** What a rotation replaced; it counts until then. */
const Replaced = z.strictObject({ digest: Digest, until: z.int().nonnegative() });
export type Replaced = z.infer<typeof Replaced>;

export const NamedToken = z.strictObject({
  name: SessionName,
  digest: Digest,
  scopes: z.array(TokenScope).min(1),
  sessions: z.array(SessionId).min(1).optional(),
  createdAt: z.int().nonnegative(),
  expiresAt: z.int().nonnegative().optional(),
  rotatedAt: z.int().nonnegative().optional(),
  replaced: z.array(Replaced).optional(),
});
export type NamedToken = z.infer<typeof NamedToken>;

const KeptTokens = z.strictObject({
  version: z.literal(1),
  /** The owner's older ones. */
  replaced: z.array(Replaced).optional(),
  tokens: z.array(NamedToken),
});
export type KeptTokens = z.infer<typeof KeptTokens>;

/** 256 bits; base64url, so that it fits in a header as it is. */
const SECRET_BYTES = 32;
/** Of `tokens.json`: some two thousand tokens. A file of twice that would not be read any more. */
const MAX_BYTES = 512 * 1024;

export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** The owner's, or undefined when there is none. `forbidden` when it is not the owner's alone, `invalid_params` when it is none. */
export function readOwnerToken({ token }: TokenFiles): string | undefined {
  const kept = readPrivateFile(token)?.trim();
  if (kept === undefined || /^[\w-]{43,256}$/.test(kept)) return kept;
  throw new CarrelError('invalid_params', `${token} holds no token: delete it, and a new one is made`);
}

export function writeOwnerToken({ token }: TokenFiles, secret: string): void {
  replaceFile(token, `${secret}\n`);
}

export function readKept({ tokens }: TokenFiles): KeptTokens {
  const text = readPrivateFile(tokens);
  if (text === undefined) return { version: 1, tokens: [] };
  const parsed = parseJson(text);
  const checked = KeptTokens.safeParse(parsed.ok ? parsed.value : undefined);
  if (checked.success) return checked.data;
  throw new CarrelError('invalid_params', `${tokens} is damaged: delete it and make the tokens again`, {
    data: { file: tokens },
  });
}

export function writeKept({ tokens }: TokenFiles, kept: KeptTokens): void {
  const text = `${JSON.stringify(kept, null, 2)}\n`;
  if (Buffer.byteLength(text) > MAX_BYTES) {
    const message = `${tokens} would have ${String(Buffer.byteLength(text))} bytes, at most ${String(MAX_BYTES)}: revoke tokens that nobody uses`;
    throw new CarrelError('limit_reached', message, { data: { limit: MAX_BYTES } });
  }
  replaceFile(tokens, text);
}

/** While `change` runs no other process changes them. */
export function changing<T>({ tokens }: TokenFiles, change: () => T): T {
  using _ = lockFile(`${tokens}.lock`);
  return change();
}
