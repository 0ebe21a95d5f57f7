import { homedir, platform } from 'node:os';
import { findHome, type Home } from '../config/home.ts';
import type { Invocation } from './invocation.ts';

export function homeOf({ env }: Pick<Invocation, 'env'>): Home {
  return findHome({ env, platform: platform(), homedir: homedir() });
}
