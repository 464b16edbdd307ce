/** Bounds on what comes from a model's source, each with its reason. */
export const bounds = {
  /** models.json: a list a person reads. */
  catalogueBytes: 256 * 1024,
  /** The largest model a catalogue may name: beyond it a small machine has no use for it. */
  modelBytes: 16 * 1024 ** 3,
  /** A hub sends to its storage once or twice; more is a loop. */
  redirects: 5,
  connectMs: 10_000,
  headersMs: 30_000,
  /** Silence after which a download is given up. */
  silenceMs: 30_000,
  /** A download may take ten minutes, or longer when it keeps up this speed. */
  downloadMs: 10 * 60_000,
  leastBytesPerSecond: 50_000,
  /** pip answers in a second or two, but a cold Python on a slow disk takes longer. */
  pipProbeMs: 30_000,
  pipDownloadMs: 10 * 60_000,
  /** Files looked at to see how far pip has come. */
  pipFilesPolled: 200,
  /** A wheel with a longer table of contents is not one we know. */
  zipDirectoryBytes: 4 * 1024 * 1024,
  zipEntries: 10_000,
  /** Remembered verifications; more are forgotten, oldest first, and cost one hashing each. */
  rememberedFiles: 32,
} as const;
