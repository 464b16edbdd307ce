import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '#base';
import { type UsageMark, type UsageRow, UsageTable } from './usage-table.ts';

// A thread that adds to the table of use, so that ten thousand keys cost no request any time.
const port = parentPort;
if (port !== null) {
  const database = openDatabase(workerData as string);
  const table = new UsageTable(database);
  port.on('message', ({ rows, mark }: { rows: string; mark: UsageMark }) => {
    table.add(JSON.parse(rows) as UsageRow[], mark);
    port.postMessage(mark.outcome);
  });
  port.once('close', () => database.close());
}
