import type { Clock, Random } from '../base/index.ts';
import type { Host } from '../host/index.ts';
import type { DaemonLimits } from '../protocol/index.ts';
import type { Allowances } from './allowances.ts';
import type { Audit } from './audit.ts';
import type { Failures } from './failures.ts';
import type { Gate } from './gate.ts';
import type { Live } from './live.ts';
import type { Telemetry } from './telemetry/port.ts';

/** What every connection of one daemon uses. */
export interface Shared {
  readonly host: Host;
  readonly clock: Clock;
  readonly random: Random;
  readonly version: string;
  readonly pid: number;
  readonly gate: Gate;
  readonly audit: Audit;
  readonly failures: Failures;
  readonly live: Live;
  readonly telemetry: Telemetry;
  readonly limits: DaemonLimits;
  readonly allowances: Allowances;
  /** Of other sites, whose pages may use the daemon as well. */
  readonly origins?: readonly string[];
  /** Hears of what went wrong and nobody waits for. Never called with a secret. */
  readonly onFault: (what: string, error: unknown) => void;
}
