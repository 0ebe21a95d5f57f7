export { Conversations } from './conversations.ts';
export { Actor } from './actor.ts';
export { follow, followBatches, type FollowOptions, type Watched } from './follow.ts';
export { frameOf } from './frame.ts';
export { bodyHash } from './body-hash.ts';
export { generateName } from './names.ts';
export { Slots, type SlotCounts, type SlotLimits } from './slots.ts';
export { Supervisor } from './supervisor.ts';
export type { Scope } from './scope.ts';
