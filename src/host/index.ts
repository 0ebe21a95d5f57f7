export { checkName } from './create.ts';
export { HOST_LIMITS, openHost } from './host.ts';
export { checkList, type ListCheck } from '../runtime/index.ts';
export { readInbox } from './inbox.ts';
export type {
  CreateOptions,
  Host,
  HostLimits,
  HostOptions,
  HostReport,
  InboxItem,
  SendOptions,
  SessionHandle,
} from './port.ts';
