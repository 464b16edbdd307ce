import { describe } from 'vitest';

// Read by the fixtures, which are loaded with the tests below and not before.
process.env['POST_QUANTUM'] = '1';

const isSlow = process.env['SLOW'] === '1';

/** What holds of checkpoints holds as well when they carry a signature with ML-DSA-44. */
describe('with a second line on every checkpoint', async () => {
  await import('./cosigned-checkpoint.test.ts');
  await import('./hold-back.test.ts');
});

const skipped = isSlow ? '' : ' (skipped: a quarter of a minute, so only SLOW=1 runs it)';
describe.skipIf(!isSlow)(`with one, at a restart${skipped}`, async () => {
  if (isSlow) await import('./recovery.test.ts');
});
