export { Admission, type AdmissionLimits, type AdmissionOptions, type AdmissionReport } from './admission.ts';
export type { Slot } from './slot.ts';
export type { SlotReport } from './slots.ts';
