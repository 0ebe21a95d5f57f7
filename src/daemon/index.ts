export { openDaemon, type Daemon, type DaemonOptions, type DaemonPlaces } from './daemon.ts';
export { readPresence, type Presence } from './presence.ts';
export { brokenLines, openAudit, type Audit, type AuditEntry } from './audit.ts';
export {
  createToken,
  listTokens,
  ownerToken,
  revokeToken,
  type NamedToken,
  type TokenFiles,
  type TokenRequest,
} from './tokens.ts';
