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
