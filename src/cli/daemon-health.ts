import { get } from 'node:https';

/** Whether the daemon there is ready. Rejects as `fetch` does when nobody answers, or with the signal. */
export async function isReady(url: string, signal: AbortSignal): Promise<boolean> {
  const at = `${url}/health/ready`;
  if (!at.startsWith('https:')) return (await fetch(at, { signal })).ok;
  // Nothing secret is sent, and nothing that is answered is believed but that somebody is there: its certificate may be for other machines.
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  get(at, { signal, rejectUnauthorized: false, agent: false }, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  }).on('error', (cause) => reject(new TypeError('fetch failed', { cause })));
  return await promise;
}
