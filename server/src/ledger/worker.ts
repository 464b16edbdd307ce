import { parentPort, workerData } from 'node:worker_threads';
import type { ClerkSettings } from './protocol.ts';
import { Clerk } from './clerk.ts';

// The ledger's own thread: its syncs block it and nobody else.
if (parentPort !== null) void Clerk.start(parentPort, workerData as ClerkSettings);
