export type {
  Model,
  ModelCapabilities,
  ModelContext,
  ModelFailure,
  ModelPart,
  ModelRequest,
  Models,
} from './port.ts';
