import { createHash } from 'node:crypto';
import { canonicalJson } from '../base/index.ts';

/**
 * Tells one body of a command from another, whatever the order of its members. The session it is for belongs to it, so that an id
 * that is used again for another session is refused and not taken for done; the command's id does not.
 */
export function bodyHash(command: object, session?: string): string {
  const { id: _id, ...body } = command as { readonly id?: string };
  const whole = session === undefined ? body : { ...body, session };
  return createHash('sha256').update(canonicalJson(whole)).digest('base64url');
}
