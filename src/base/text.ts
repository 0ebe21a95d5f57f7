const HIGH_SURROGATE = /[\ud800-\udbff]$/;

/** The first `limit` UTF-16 units of `text`, never ending inside a surrogate pair. */
export function cutStart(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cut = text.slice(0, Math.max(0, limit));
  return HIGH_SURROGATE.test(cut) ? cut.slice(0, -1) : cut;
}

/** The last `limit` UTF-16 units of `text`, never starting inside a surrogate pair. */
export function cutEnd(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cut = text.slice(text.length - Math.max(0, limit));
  const first = cut.charCodeAt(0);
  return first >= 0xdc00 && first <= 0xdfff ? cut.slice(1) : cut;
}

// Control sequences (CSI, OSC, DCS, SOS, PM, APC, with 7- and 8-bit introducers), then lone controls but tab and newline,
// then characters that reorder or hide text (bidirectional overrides and isolates).
const SEQUENCES =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/gu;
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu;

/** Makes text that comes from a model, a tool or a file safe to print on a terminal: it can no longer move, colour or hide anything. */
export function stripControls(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(SEQUENCES, '').replace(CONTROLS, '');
}

/** One line of at most `limit` characters, for lists and titles. */
export function oneLine(text: string, limit: number): string {
  const flat = stripControls(text).replace(/\s+/g, ' ').trim();
  return flat.length <= limit ? flat : `${cutStart(flat, limit - 1)}…`;
}
