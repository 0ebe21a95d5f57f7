/** One finding of `carrel doctor`. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly what: string;
  readonly remedy?: string;
}
