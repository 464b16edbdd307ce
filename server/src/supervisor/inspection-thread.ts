import { parentPort } from 'node:worker_threads';
import { type SupervisorDefinition, supervisorOf } from './definition.ts';
import type { InspectionTask } from './inspection-threads.ts';
import type { Supervisor } from './supervisor.ts';

// A thread that looks at long texts one after the other. It keeps the supervisors of the last rule
// books: the one in force, the one before it, and those that let a single request pass.
const mostSupervisors = 4;
const supervisors = new Map<string, Supervisor>();

function supervisorFor(definition: string): Supervisor {
  const known = supervisors.get(definition);
  // Set anew, so that the first one is always the one that was not asked for longest.
  supervisors.delete(definition);
  const supervisor = known ?? supervisorOf(JSON.parse(definition) as SupervisorDefinition);
  supervisors.set(definition, supervisor);
  const [oldest] = supervisors.keys();
  if (supervisors.size > mostSupervisors && oldest !== undefined) supervisors.delete(oldest);
  return supervisor;
}

const port = parentPort;
port?.on('message', ({ definition, direction, parts, about }: InspectionTask) => {
  try {
    port.postMessage(supervisorFor(definition).inspect(direction, parts, about));
  } catch {
    // Whatever went wrong, the text was not looked at.
    port.postMessage(undefined);
  }
});
