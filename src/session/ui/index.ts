export { UI_STREAM_HEADER, type UiChunk } from './chunks.ts';
export { uiChunks, type UiStart } from './stream.ts';
