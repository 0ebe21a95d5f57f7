import { createHash } from 'node:crypto';
import { canonicalJson } from '../base/index.ts';

/** Tells one body of a command from another, whatever the order of its members; the command's id is not part of it. */
export function bodyHash(command: object): string {
  const { id: _id, ...body } = command as { readonly id?: string };
  return createHash('sha256').update(canonicalJson(body)).digest('base64url');
}
