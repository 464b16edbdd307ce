// The ground floor: nothing here knows the product.
export { type AwsCredentials, encodeAwsPath, sha256, signAwsRequest } from './aws-signature.ts';
export { type Clock, systemClock } from './clock.ts';
export { CodedError } from './errors.ts';
export { type Disk, type DiskFile, makeFolderDurably, nodeDisk, replaceFile } from './disk.ts';
export { createDirectoryDurably, syncDirectory, writeFileDurably } from './files.ts';
export { fromHex, randomBytes128, toHex } from './id.ts';
export { limits } from './limits.ts';
export { type Log, type LogFields, createLog, silentLog } from './log.ts';
export { type Bilingual, type Language, languages, preferredLanguage } from './language.ts';
export { type Database, type Statement, Statements, openDatabase } from './database.ts';
export { Turns } from './turns.ts';
export { Scratch } from './scratch.ts';
export { eachInFlight } from './in-flight.ts';
export { type S3Settings, type S3Times, type StoredAs, S3Bucket } from './s3.ts';
export { S3Error, type S3ErrorCode } from './s3-error.ts';
export { Postgres, type PostgresQuery, type PostgresSession } from './postgres.ts';
export { PostgresError, type PostgresErrorCode, postgresErrors } from './postgres-errors.ts';
export { migratePostgres } from './postgres-schema.ts';
