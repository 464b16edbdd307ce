export type LogFields = Readonly<Record<string, string | number | boolean>>;

/**
 * What the operator reads about the process itself. Callers pass names, codes and counts only:
 * request text, keys and personal data never reach this interface.
 */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** One JSON object per line. @param write receives each finished line with its newline */
export function createLog(write: (line: string) => void, nowMs: () => number): Log {
  const line =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      write(
        `${JSON.stringify({ time: new Date(nowMs()).toISOString(), level, event, ...fields })}\n`,
      );
  return { info: line('info'), warn: line('warn'), error: line('error') };
}

export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };
