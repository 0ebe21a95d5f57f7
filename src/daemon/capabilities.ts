import { CONNECTION_METHODS, METHODS, type Capabilities, type DaemonLimits } from '../protocol/index.ts';
import { MESSAGE_BYTES } from './wire.ts';

const FEATURES = ['call/alive', 'beats'] as const;

/** What is told in the handshake. */
export function capabilities(
  ofConnection: Readonly<Record<string, number>>,
  { tokenConnections, tokenFollows, tokenRequestsPerSecond }: DaemonLimits,
): Capabilities {
  return {
    methods: [...Object.keys(CONNECTION_METHODS), ...Object.keys(METHODS)].toSorted(),
    features: FEATURES,
    limits: {
      messageBytes: MESSAGE_BYTES,
      ...ofConnection,
      tokenConnections,
      tokenFollows,
      tokenRequestsPerSecond,
    },
  };
}
