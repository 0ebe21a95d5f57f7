import { toErrorInfo, type ErrorInfo } from '../protocol/index.ts';

/** An error as a client is told it. What a bug says of itself may hold paths and values that are not the client's: the log has it. */
export function told(error: unknown): ErrorInfo {
  const info = toErrorInfo(error);
  if (info.code !== 'internal') return info;
  return { code: 'internal', message: 'a bug in the daemon ended this: its log says more' };
}
