/** Bytes at the start of a file that tell text from anything else. */
export const SNIFF_BYTES = 8192;

const SIGNATURES: readonly (readonly [kind: string, start: string])[] = [
  ['PNG image', '89504e47'],
  ['JPEG image', 'ffd8ff'],
  ['GIF image', '47494638'],
  ['PDF document', '25504446'],
  ['ZIP archive', '504b0304'],
  ['gzip archive', '1f8b'],
  ['ELF program', '7f454c46'],
  ['WebAssembly module', '0061736d'],
  ['SQLite database', '53514c69746520666f726d61742033'],
  ['UTF-16 text', 'fffe'],
  ['UTF-16 text', 'feff'],
];

/** What kind of file starts like this, when it is not text a model could read; undefined for text. */
export function binaryKind(start: Uint8Array): string | undefined {
  const hex = Buffer.from(start.subarray(0, 16)).toString('hex');
  const known = SIGNATURES.find(([, signature]) => hex.startsWith(signature));
  if (known !== undefined) return known[0];
  return start.includes(0) ? 'binary data' : undefined;
}
