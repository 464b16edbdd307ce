// The ground floor: nothing here knows the product.
export { type Clock, systemClock } from './clock.ts';
export { CodedError } from './errors.ts';
export { createDirectoryDurably, syncDirectory, writeFully, writeFileDurably } from './files.ts';
export { fromHex, randomBytes128, toHex } from './id.ts';
export { limits } from './limits.ts';
export { type Log, type LogFields, createLog, silentLog } from './log.ts';
export { type Bilingual, type Language, languages, preferredLanguage } from './language.ts';
export { type Database, openDatabase } from './database.ts';
