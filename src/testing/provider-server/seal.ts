// Opaque data that only this provider can have made. The key is fixed, so that validation is pure and a history may be checked
// by another server than the one that made it.
import { createHmac } from 'node:crypto';

const KEY = 'the provider server of the test kit';

const mac = (text: string): string => createHmac('sha256', KEY).update(text).digest('base64url');

/** A signature over `text`. `label` shows in it, for tests that want to recognize it. */
export function sign(text: string, label = 'sig'): string {
  return `${label}.${mac(`${label}\n${text}`)}`;
}

export function isSignatureOf(signature: string, text: string): boolean {
  const label = signature.slice(0, signature.lastIndexOf('.'));
  return signature === sign(text, label);
}

/** Carries `text` so that any change shows; stands for encryption. */
export function seal(text: string, label = 'seal'): string {
  const payload = Buffer.from(text).toString('base64url');
  return `${label}.${payload}.${mac(`${label}\n${payload}`)}`;
}

export function isSealed(sealed: string): boolean {
  const [label = '', payload = '', tag] = sealed.split('.');
  return tag === mac(`${label}\n${payload}`);
}
