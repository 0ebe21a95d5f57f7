import { sleep } from '../../base/index.ts';
import { codeOf } from '../../protocol/index.ts';
import type { Conversation } from '../../session/index.ts';
import type { Work } from './view.ts';

/** Before the journal is read again, ms. */
const RETRY_MS = 1_000;

/**
 * The messages so far, as soon as the store can be read: what a call is about stands there, and it may not be judged or ended for
 * trouble that passes. Rejects with the signal's reason.
 */
export async function patientConversation({ scope, view }: Work, signal: AbortSignal): Promise<Conversation> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await view.conversation();
    } catch (error) {
      if (codeOf(error) !== 'store_unavailable') throw error;
      scope.fault('a journal could not be read', error, view.id);
    }
    await sleep(scope.clock, RETRY_MS, signal);
  }
}
