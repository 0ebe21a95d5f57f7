export { openDaemon, type Daemon, type DaemonOptions, type DaemonPlaces } from './daemon.ts';
export { readPresence, type Presence } from './presence.ts';
export { openAudit, type Audit, type AuditEntry } from './audit.ts';
export { checkAudit, type AuditCheck } from './audit-check.ts';
export { OWNER_NAME } from './identity.ts';
export {
  createToken,
  listTokens,
  ownerToken,
  revokeToken,
  rotateToken,
  type Rotation,
  type TokenRequest,
} from './tokens.ts';
export type { NamedToken, TokenFiles } from './token-file.ts';
