// Encodings undone: texts read otherwise, with the way back to what was written.
export { type Reading, exactReadingsOf, readingsOf } from './decode.ts';
export { type Encoding, encodings } from './encoding.ts';
