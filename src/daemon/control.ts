/** They end or free something: never refused because others are at work. */
const ENDING: ReadonlySet<string> = new Set([
  'turn/cancel',
  'approval/resolve',
  'follow/stop',
  'connection/ping',
]);

export function endsSomething(method: string): boolean {
  return ENDING.has(method);
}
