export { Admission, type AdmissionLimits, type AdmissionOptions, type AdmissionReport } from './admission.ts';
export type { BreakerReport } from './breaker.ts';
export type { BucketReport } from './bucket.ts';
export type { Permit, ProviderReport, Rates } from './provider.ts';
export { postponement, type Postponement } from './refusals.ts';
export { reserveOf } from './reserve.ts';
export type { Slot } from './slot.ts';
export type { SlotReport } from './slots.ts';
export { Watchdog } from './watchdog.ts';
