export {
  Admission,
  reserveOf,
  type AdmissionLimits,
  type AdmissionReport,
  type ProviderReport,
  type Rates,
  type SlotReport,
  Watchdog,
} from './admission/index.ts';
export { Beat } from './beat.ts';
export { Conversations } from './conversations.ts';
export { Frames } from './frames.ts';
export { unusable, type Equipment } from './equipment.ts';
export { Actor } from './actor.ts';
export type { Watched } from './catch-up.ts';
export { coalesce } from './coalesce.ts';
export { ListFollowing } from './follow-list.ts';
export { SubtreeFollowing } from './follow-subtree.ts';
export { follow, Following, type FollowOptions } from './follow.ts';
export { frameOf, textsOf, type Texts } from './frame.ts';
export { pages } from './load.ts';
export { windowOf } from './perform/room.ts';
export { bodyHash } from './body-hash.ts';
export { Keyring, type CredentialsAsked, type ResolveCredentials } from './keyring.ts';
export { generateName } from './names.ts';
export type { Appended, Asked, Committed, Fact, Observe, Timed } from './observe.ts';
export { openSessions } from './open-sessions.ts';
export { checkList, type ListCheck } from './rebuild.ts';
export { Supervisor } from './supervisor.ts';
export { fraction, type Scope } from './scope.ts';
export { TextBlobs } from './text-blobs.ts';
