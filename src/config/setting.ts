// One row of the table of settings.
/**
 * What a project's file may do with a setting. `free`: set it, trusted or not. `lower`: only lower it, until the project is
 * trusted. `trusted`: nothing until then. `never`: it is the home's alone.
 */
export type ProjectRule = 'free' | 'lower' | 'trusted' | 'never';

/** One row. Every setting can be set in the home's file; `project`, `env` and `flag` say where else. */
export interface Setting {
  /** Dotted; a segment in capitals stands for any name. */
  readonly key: string;
  readonly kind: 'integer' | 'number' | 'boolean' | 'text' | 'choice' | 'list';
  readonly meaning: string;
  readonly project: ProjectRule;
  readonly default?: string | number | boolean | readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly unit?: string;
  /** Why the default and the bounds are what they are. */
  readonly reason?: string;
  /** What 0 stands for, where it lies below the minimum. */
  readonly zero?: string;
  readonly choices?: readonly string[];
  /** What it must look like, to end the sentence "it must be …". */
  readonly form?: string;
  /** Its value is never shown, not even when it is wrong. */
  readonly secret?: boolean;
  readonly env?: string;
  readonly flag?: string;
}
