/**
 * Every bound on what comes from outside, in one place, each with its reason. Units are in the
 * names.
 */
export const limits = {
  /**
   * One request body. All of its text is inspected on the request path, at about a tenth of a
   * second a megabyte and several times that for text made to be slow.
   */
  requestBodyBytes: 4 * 1024 * 1024,
  /** A conversation longer than this is a mistake or an attack; clients truncate long before. */
  requestMessages: 2_000,
  /** Nesting a JSON body may have; the deepest legitimate tool schema stays under 40. */
  jsonDepth: 64,
  /** Time a client may take to send its headers, then its whole request (slowloris). */
  requestHeadersMs: 10_000,
  requestBodyMs: 60_000,
  requestCheckMs: 2_000,
  /** Time in which the rest of a refused request is still read, so that its answer arrives. */
  requestLingerMs: 2_000,
  /** All headers of a request together, and how many. */
  requestHeadersBytes: 16 * 1024,
  requestHeaderCount: 100,
  /** Exchanges under way at once; more are told to come back, with Retry-After. */
  exchangesInFlight: 4_096,
  /** The bodies of all of them, as they came: each takes a few times its size while it is read. */
  requestBodiesBytes: 256 * 1024 * 1024,
  /** A client that stops reading is given up after this long. */
  clientStallMs: 60_000,
  /** Connections to one upstream: each exchange under way may need one, and some are hedged. */
  upstreamConnections: 6_144,
  /** Upstream time limits: connection, first byte (a cold model loads), silence between bytes. */
  upstreamConnectMs: 10_000,
  upstreamFirstByteMs: 120_000,
  upstreamGapMs: 60_000,
  /** Keep-alives and nothing else: a model that thinks in silence may take minutes. */
  upstreamQuietMs: 300_000,
  /** One upstream answer, whole, and one server-sent event of it. */
  upstreamAnswerBytes: 16 * 1024 * 1024,
  upstreamEventBytes: 2 * 1024 * 1024,
  /** Longest time an upstream is left alone, whether it asked for it or not. */
  breakerOpenMaxMs: 300_000,
  /** Answers whose beginning is remembered of each upstream, and for how long. */
  latencySamples: 200,
  latencyAgeMs: 600_000,
  /** Fewer answers than this say nothing about the slowest of them. */
  hedgeSamples: 20,
  /** One probe; and upstreams probed at the same time. */
  probeMs: 5_000,
  /** Conversations whose upstream is remembered, and for how long after their last turn. */
  conversationsInMemory: 10_000,
  conversationMs: 3_600_000,
  /** Classes, and conversations of pupils whose level is remembered. */
  classes: 10_000,
  classConversations: 20_000,
  /** Days for which a withheld passage keeps its conversation from going on as if nothing were. */
  classHoldDays: 90,
  /**
   * What a pupil asked and was answered, as far as it is checked on the request path: some tens of
   * milliseconds, and about a tenth of a second.
   */
  classQuestionUnits: 8_000,
  classAnswerUnits: 20_000,
  /**
   * Earlier questions that are looked at where the conversation is not remembered: the last of
   * them, which together are no longer than one question may be.
   */
  classEarlierQuestions: 20,
  /** Requests beyond the limits of a pupil's key that are looked at for signs of need, a minute. */
  classUrgentPerMinute: 6,
  /** How often a model is asked to write an answer again. */
  classRewrites: 2,
  /** Notes of one answer that are kept and told. */
  classNotes: 200,
  /** Weeks that a report of a class covers at most. */
  classWeeks: 60,
  /** Conversations whose stand-ins keep their numbers, and how many of each: 43 bytes a number. */
  standInConversations: 2_000,
  standInsPerConversation: 1_000,
  /** Requests sent to a second upstream for comparison at the same time; more are left out. */
  shadowsInFlight: 16,
  /** Answers kept to be given again: for how long, how many, and how much memory at most. */
  cacheSeconds: 86_400,
  cacheEntries: 100_000,
  cacheMegabytes: 1_024,
  /** One of them; and questions that one is compared with, or that may be compared at all. */
  cacheAnswerBytes: 1024 * 1024,
  cacheCompared: 256,
  cacheQuestionUnits: 2_000,
  /** What a person says against a decision, and what a reviewer answers. */
  reviewWords: 2_000,
  /** How long the same request may pass once after its block was overturned. */
  overrideMs: 14 * 86_400_000,
  /** One line of `sekisho school check`: what a pupil asks, and what a model answers. */
  schoolQuestionUnits: 20_000,
  schoolAnswerUnits: 200_000,
  /** Months of public counts that are told at once. */
  statisticsMonths: 24,
  /** Cases in one page of the reviewers' list. */
  reviewCases: 100,
  /** A drill on live traffic, and passages looked at by one. */
  drillMinutes: 240,
  drillPassages: 10_000,
  /** The body of an error answer: how much is looked at, and how long it is waited for. */
  upstreamErrorBytes: 64 * 1024,
  upstreamErrorMs: 1_000,
  /** The longest time an upstream may ask to be left alone. */
  upstreamRetryAfterMs: 3_600_000,
  /** Calls of tools in one choice; the request dialects allow fewer. */
  upstreamToolCalls: 1_000,
  /** Guard models: questions about one request, characters of a text, tokens of an answer. */
  guardQuestions: 8,
  guardCharacters: 20_000,
  guardAnswerTokens: 512,
  /** sekisho.yaml: a rule book a person reads. */
  configBytes: 512 * 1024,
  /** One ledger entry (65,535 is what the bundle format allows) and one sealed payload. */
  entryBytes: 16 * 1024,
  sealedPayloadBytes: 64 * 1024 * 1024,
  /** Entries committed together. More adds latency and gains nothing measured. */
  batchEntries: 1_024,
  /**
   * Rows that wait in the vault's journal until they are moved together. What is read of such a file, which holds a whole batch more at most.
   */
  vaultJournalRows: 512,
  vaultJournalBytes: 1024 * 1024,
  /** Keys of whole days kept open in memory: they are dropped with their day at the latest. */
  keksInMemory: 64,
  /** Longest wait for a checkpoint that covers an entry, or for its witnesses. */
  acknowledgeMs: 30_000,
  /** People whose keyed tag is remembered between their passages. */
  subjectsInMemory: 1_000,
  /**
   * Batches on their way to the disk at once: while one waits, the next is built; an order's own
   * comes on top.
   */
  batchesAtOnce: 3,
  /** Passages read at once: each opens up to four sealed blobs while appends wait. */
  passagesAtOnce: 256,
  /** Requests a witness looks at together: each costs it some signatures and a sync. */
  witnessRequestsAtOnce: 64,
  /** Proofs of a fork a witness keeps of one log: one convicts, more may be interesting. */
  witnessForkFiles: 16,
  /** Passages one order may erase or hold: their indexes must fit into one entry's field. */
  custodyPassages: 1_000,
  /** A witness is asked twice at most, and given up after this long: nobody waits for it. */
  witnessAnswerMs: 1_000,
  /** Some lines of 3 kB each, should a witness sign with more than one key. */
  witnessAnswerBytes: 16 * 1024,
  /** First and longest pause before witnesses that failed are asked again about one checkpoint. */
  witnessRetryMs: 2_000,
  witnessRetryMaxMs: 60_000,
  /** Longest time a grant may last: an audit, and not a standing right. */
  grantSeconds: 366 * 86_400,
  /** Findings kept of one text; a text with more is flagged as such, not cut silently. */
  findings: 1_000,
  /** Requests to the object store under way at once, enough to hide its latency; and writes. */
  objectRequestsAtOnce: 32,
  objectWritesAtOnce: 16,
  /** One attempt at an object, whole, and the connection alone. */
  objectAttemptMs: 30_000,
  objectConnectMs: 5_000,
  /** A key id, a secret or a session token; the longest known ones have some 2,000. */
  credentialChars: 8 * 1024,
  /** Attempts at one object, and the first and longest pause between them, before jitter. */
  objectAttempts: 5,
  objectRetryMs: 100,
  objectRetryMaxMs: 5_000,
  /** An answer that is not an object: an error, and one page of a list (1,000 keys). */
  objectErrorBytes: 64 * 1024,
  objectListBytes: 4 * 1024 * 1024,
  /** Of one list: ten million objects. */
  objectListPages: 10_000,
  /** Sealed payloads put into one object, unless one record alone is larger. */
  payloadObjectBytes: 8 * 1024 * 1024,
  /** What is read at once when the frames of an object are looked for. */
  payloadScanBytes: 1024 * 1024,
  /** A signed checkpoint with a hundred lines of the longest kind. */
  checkpointBytes: 512 * 1024,
  /**
   * A database server: time to connect, for one statement with the locks it waits for, and for the
   * lock of a rewriting. Backups hold locks for long; while we wait behind one, others wait for us.
   */
  databaseConnectMs: 10_000,
  databaseStatementMs: 60_000,
  databaseLockMs: 5_000,
  /** Time to write a table anew that forgets: a day of a million records takes some seconds. */
  databaseRewriteMs: 600_000,
  /** Connections to it beside the one that holds the lock: one writes, the others read. */
  databaseConnections: 4,
  /** What is read of the sequence at once, and one batch more. */
  sequencePageBytes: 8 * 1024 * 1024,
  /** Longer texts are looked at in a thread of their own: these take a few milliseconds. */
  inspectionInlineUnits: 16_384,
  /** Threads for them, however many cores there are: each takes some 70 MB. */
  inspectionThreads: 8,
  /** Long texts that wait for a thread; more are told to come back. */
  inspectionsWaiting: 256,
  /** Counts of use are written this often; what a crash leaves out is read from the ledger. */
  usageFlushMs: 5_000,
  /** Rows of use that are written while requests wait; more of them are another thread's work. */
  usageRowsInline: 64,
  /** Rows of use that are written before their time, so that they do not pile up. */
  usageRowsAtOnce: 2_048,
  /** Passages read at a start that finds no count of use: a month of a busy checkpoint. */
  usageReplayPassages: 200_000,
  /** Passages of the last minute that a start reads, so that limits by the minute go on. */
  rateReplayPassages: 20_000,
  /** Tokens reserved for an answer whose request names no limit. */
  reservedAnswerTokens: 1_024,
  /** How long a replaced key may go on working. */
  keyOverlapSeconds: 31 * 86_400,
  /** When the checkpoint closes: time to record those it had to cut off. */
  drainRecordMs: 5_000,
  /** An append that waits for longer means that the disk or the database does not answer. */
  ledgerStallMs: 10_000,
  /** Label sets of one metric; the rule book's names, codes and classes stay far below. */
  metricSeries: 1_000,
  /** Spans that wait for a collector, how often they are sent, and how long that may take. */
  traceQueue: 2_048,
  traceFlushMs: 5_000,
  traceSendMs: 10_000,
  /** Live listeners of the passages list. */
  consoleStreams: 32,
  /** MCP sessions remembered, of all keys and of one, and for how long after their last request. */
  mcpSessions: 4_096,
  mcpSessionsPerKey: 64,
  mcpSessionMs: 3_600_000,
  /** Connections to MCP servers, each of one key; a local server is a process of its own. */
  mcpConnections: 64,
  mcpConnectionIdleMs: 600_000,
  /** Time in which an MCP server must be there, and to list its tools. */
  mcpConnectMs: 30_000,
  mcpListMs: 30_000,
  /** How long a call may rest on the list before it. */
  mcpListAgeMs: 10_000,
  /** Tools of one server, pages of its list, and one definition: its texts go into every prompt. */
  mcpTools: 500,
  mcpListPages: 20,
  mcpDefinitionBytes: 64 * 1024,
  /** Definitions kept on record of one server: one that invents names may not fill the ledger. */
  mcpToolsOnRecord: 1_000,
  /** Calls of tools under way at once, of all keys and of one. */
  mcpCalls: 256,
  mcpCallsPerKey: 16,
  /** A call without a sign of life, and one that reports progress. */
  mcpCallMs: 120_000,
  mcpCallMaxMs: 600_000,
  /** One answer of an MCP server; all of its text is inspected. */
  mcpAnswerBytes: 4 * 1024 * 1024,
  /** Progress notifications of one call that are passed on. */
  mcpProgress: 1_000,
  /** First and longest pause before an MCP server that failed is tried again. */
  mcpRestartMs: 1_000,
  mcpRestartMaxMs: 60_000,
  /** One answer of an issuer (discovery, keys, tokens): the longest known have some 30 kB. */
  issuerAnswerBytes: 256 * 1024,
  /** One question to an issuer, whole: a person waits before a blank page. */
  issuerAnswerMs: 10_000,
  /** How long an issuer's description and keys are believed, and how often they are asked anew. */
  issuerCacheMs: 3_600_000,
  issuerRefreshMs: 10_000,
  /** Hosts that one issuer's description may name, and keys it may sign with. */
  issuerHosts: 8,
  issuerKeys: 100,
  /** From the button to the way back: a password, a second factor, a look for the telephone. */
  signInMs: 600_000,
  /** Ways back remembered so that none works twice; the oldest are forgotten first. */
  signInsRemembered: 100_000,
  /** How far the clocks of the issuer and of this machine may be apart. */
  clockSkewSeconds: 60,
  /** An ID token is made for this very sign-in. */
  idTokenSeconds: 600,
  /** Sessions of one person, and of all; the one used longest ago ends first. */
  sessionsOfPerson: 10,
  sessions: 100_000,
  /** How exactly the last use of a session is kept: each write costs a sync. */
  sessionSeenMs: 60_000,
} as const;
