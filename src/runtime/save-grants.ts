import type { SessionEvent } from '../protocol/index.ts';
import type { Scope } from './scope.ts';

/** Permissions that a human gave for good are saved beside the journals: they hold for every session. */
export function saveGrants(scope: Scope, events: readonly SessionEvent[]): void {
  for (const { type, session, data } of events) {
    if (type !== 'approval.resolved' || data.scope !== 'always' || data.grant === undefined) continue;
    scope
      .saveGrant(data.grant)
      .catch((error: unknown) => scope.fault('a permission could not be saved', error, session));
  }
}
