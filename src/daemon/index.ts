export { openDaemon, type Daemon, type DaemonOptions, type DaemonPlaces } from './daemon.ts';
export { openTelemetry, type TelemetryOptions } from './telemetry/telemetry.ts';
export type { Telemetry } from './telemetry/port.ts';
export { isStale, readHealth, type HealthFile } from './telemetry/health-file.ts';
export { bucketsOf, parseExposition, type Parsed, type Sample } from './telemetry/parse.ts';
export { quantile } from './telemetry/histogram.ts';
export type { OtlpSettings } from './telemetry/otlp/open.ts';
export { METRICS, type MetricRow } from './telemetry/table.ts';
export { readPresence, type Presence } from './presence.ts';
export { openAudit, type Audit, type AuditEntry } from './audit.ts';
export type { CertificateFiles } from './certificate.ts';
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
