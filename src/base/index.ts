export { canonicalJson, isJsonObject, parseJson, type Json, type JsonObject } from './json.ts';
export { Channel } from './channel.ts';
export { sleep, systemClock, type Clock } from './clock.ts';
export { cutEnd, cutStart, oneLine, stripControls } from './text.ts';
export { Flat } from './flat.ts';
export { deferred, type Deferred } from './deferred.ts';
export { invariant, InvariantError, unreachable } from './invariant.ts';
export { Linked } from './linked.ts';
export { newId, systemRandom, type Random } from './ids.ts';
