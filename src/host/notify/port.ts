import type { Notification, NotificationKind } from '../../protocol/index.ts';

/** What came of one try. `again`: it may work later. `why` is shown and logged: no secret, and nothing of an address but its host. */
export type Delivered =
  | { readonly ok: true }
  | { readonly ok: false; readonly again: boolean; readonly why: string; readonly retryAfterMs?: number };

/** Where notifications go. */
export interface Receiver {
  /** Its place in the feed is kept under this name. */
  readonly name: string;
  readonly kinds: readonly NotificationKind[];
  /** One try, bounded in time; what it started has ended when it settles. Stops soon after the signal aborts. */
  send(notification: Notification, signal: AbortSignal): Promise<Delivered>;
}

/** How a receiver does. */
export interface ReceiverReport {
  readonly name: string;
  readonly delivered: number;
  /** Tries that failed. */
  readonly failures: number;
  /** Notifications that were given up. */
  readonly givenUp: number;
  /** Since when every try has failed. */
  readonly failingSince?: number;
  readonly lastFailure?: string;
}
