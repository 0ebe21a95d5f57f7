export { shrink, type ShrinkOptions } from './shrink.ts';
export { simulate } from './simulate.ts';
export type { SimulationOptions, SimulationResult, Tally as SimulationTally } from './simulate.ts';
export type { PromiseName, Violation } from './findings.ts';
export { shownAction, type Action } from './plan.ts';
