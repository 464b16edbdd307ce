import { CodedError } from '#base';

/**
 * - `unavailable`: not there, or left alone after failures
 * - `timeout`: no answer in time; `cancelled`: whoever asked left
 * - `failed`: an answer that cannot be used
 */
export type McpServerErrorCode = 'unavailable' | 'timeout' | 'failed' | 'cancelled';

/** Why a server of tools gave nothing. The message never quotes what it said. */
export class McpServerError extends CodedError<McpServerErrorCode> {}
