// Who is on the other side, and what that allows.
import { TokenScope } from '../protocol/index.ts';

export interface Identity {
  /** `owner`, or the name of a token. */
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  /** Only these; left out, every session. */
  readonly sessions?: readonly string[];
  readonly expiresAt?: number;
  /** Digest of its token; the owner of a local socket has none. */
  readonly digest?: string;
}

export const OWNER_NAME = 'owner';

/** The user of this home: with the token of the home, or over a socket that nobody else can open. */
export const OWNER: Identity = { name: OWNER_NAME, scopes: TokenScope.options };

export function hasExpired({ expiresAt }: Pick<Identity, 'expiresAt'>, nowMs: number): boolean {
  return expiresAt !== undefined && expiresAt <= nowMs;
}
