import { parentPort, workerData } from 'node:worker_threads';
import type { ServiceSettings } from './protocol.ts';
import { Service } from './service.ts';

// The ledger's own thread: its syncs block it and nobody else.
if (parentPort !== null) void Service.start(parentPort, workerData as ServiceSettings);
