// Asks one guard in a process of its own: on import it starts a worker at a path of the machine
// it was built on, and the error ends the process. Here that error is swallowed.
import { createInterface } from 'node:readline';

process.on('uncaughtException', () => {});
const { injectionGuard, piiGuard, SelectionType } = await import(process.argv[2]);
const injection = injectionGuard({ roles: ['user'] }, { mode: 'pattern', threshold: 0.5 });
const personal = piiGuard({ selection: SelectionType?.All });

for await (const line of createInterface({ input: process.stdin })) {
  const { id, task, text } = JSON.parse(line);
  const message = [{ role: 'user', content: text }];
  const started = process.hrtime.bigint();
  const [result] = await (task === 'personal' ? personal : injection)(message);
  const us = Number(process.hrtime.bigint() - started) / 1_000;
  const flag =
    result?.passed === false ||
    (task === 'personal' &&
      result?.modifiedMessage !== undefined &&
      result.modifiedMessage.content !== text);
  process.stdout.write(`${JSON.stringify({ id, flag, score: flag ? 1 : 0, us })}\n`);
}
