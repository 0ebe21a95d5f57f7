// The body of a request, bounded while it comes. One whose length is told is refused before it comes; one in pieces of its sender's choice
// is put together as it grows, so that a body of single bytes costs little more than its size.
import type { Context } from 'hono';
import { CarrelError } from '../protocol/index.ts';

/** `invalid_params` when it is larger. */
export async function takeBody({ req: request }: Context, limitBytes: number): Promise<string> {
  const isInPieces = request.header('transfer-encoding') !== undefined;
  const told = Number(request.header('content-length') ?? 0);
  if (told > limitBytes) throw tooLarge(limitBytes);
  return isInPieces ? await inPieces(request.raw.body, limitBytes) : await request.text();
}

async function inPieces(body: ReadableStream<Uint8Array> | null, limitBytes: number): Promise<string> {
  let bytes = new Uint8Array(0);
  let size = 0;
  for await (const piece of body ?? []) {
    if (size + piece.length > limitBytes) throw tooLarge(limitBytes);
    if (size + piece.length > bytes.length) bytes = grown(bytes, size + piece.length);
    bytes.set(piece, size);
    size += piece.length;
  }
  return new TextDecoder().decode(bytes.subarray(0, size));
}

function grown(bytes: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const more = new Uint8Array(Math.max(needed, 2 * bytes.length));
  more.set(bytes);
  return more;
}

function tooLarge(limitBytes: number): CarrelError {
  return new CarrelError('invalid_params', `the body has more than ${String(limitBytes)} bytes`);
}
