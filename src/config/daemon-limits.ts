// What one daemon lets in, and what one token may use of it. The owner may a hundred times of it, because that bound is there for
// programs that run wild, not for people.
import type { DaemonLimits } from '../protocol/index.ts';
import type { Limit } from './limits.ts';

export const DAEMON_LIMITS = {
  connections: {
    default: 1000,
    minimum: 8,
    maximum: 100_000,
    unit: 'connections',
    meaning:
      'Connections and streams of events of a daemon at once. Tokens together may have nine tenths of them; the rest is the owner’s.',
    reason: 'Some 20 KiB each before they ask for anything; a user’s programs are far fewer.',
  },
  strangers: {
    default: 200,
    minimum: 1,
    maximum: 10_000,
    unit: 'connections',
    meaning:
      'Connections that have not said who they are; one more, and the oldest is closed. Those of the local socket count apart.',
    reason: 'A program says so within milliseconds: whoever sits there silently keeps nobody out.',
  },
  tokenConnections: {
    default: 100,
    minimum: 1,
    maximum: 100_000,
    unit: 'connections',
    meaning: 'Connections and streams of events of one token at once, and its calls by `POST /rpc` at work.',
    reason: 'A page with many tabs, or a bot with a connection for each room.',
  },
  tokenFollows: {
    default: 1000,
    minimum: 1,
    maximum: 100_000,
    unit: 'follows',
    meaning: 'What one token follows at once, on all its connections.',
    reason: 'Every live session of a host by default.',
  },
  tokenRequestsPerSecond: {
    default: 100,
    minimum: 1,
    maximum: 100_000,
    unit: 'requests/s',
    meaning:
      'Requests of one token, in the long run; ten seconds’ worth at once. Those that end something count apart.',
    reason: 'More than any person causes; a program that polls should follow instead.',
  },
  tokenSessionsPerHour: {
    default: 600,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'sessions/h',
    meaning: 'Sessions that one token creates, in the long run; an hour’s worth at once.',
    reason: 'Stored sessions are without limit; a loop that creates them should be noticed.',
  },
  tokenStoredMbPerDay: {
    default: 256,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'MiB/d',
    meaning:
      'Bytes of commands and sessions that one token has stored, in the long run; a day’s worth at once. Counted from the start of the daemon.',
    reason: 'Two hundred long books a day; what models answer is bounded by budgets.',
  },
} as const satisfies Record<keyof DaemonLimits, Limit>;

export const DEFAULT_DAEMON_LIMITS: DaemonLimits = Object.fromEntries(
  Object.entries(DAEMON_LIMITS).map(([name, limit]) => [name, limit.default]),
) as unknown as DaemonLimits;
