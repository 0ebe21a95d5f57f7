/** Gives random bytes; injected, so that a simulator can own them. */
export type Random = (bytes: number) => Uint8Array;

export const systemRandom: Random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford's base 32: no i, l, o, u

/**
 * An opaque id such as `ses_01jd2m…`: 10 characters of time (ms, sorts by age for 35,000 years), then 80 random bits.
 * Nothing may read the time back out of it.
 */
export function newId(prefix: string, nowMs: number, random: Random): string {
  let time = '';
  for (let rest = nowMs, i = 0; i < 10; i++) {
    time = ALPHABET.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let noise = '';
  for (const byte of random(16)) noise += ALPHABET.charAt(byte & 31);
  return `${prefix}_${time}${noise}`;
}
