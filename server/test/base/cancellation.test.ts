import { expect, test } from 'vitest';
import { Cancellation } from '../../src/base/cancellation.ts';

test('those who listen are told once, in the order of their coming', () => {
  const cancellation = new Cancellation();
  const told: string[] = [];
  const first = (): void => void told.push('first');
  cancellation.addEventListener('abort', first);
  cancellation.addEventListener('abort', () => void told.push('second'));
  cancellation.addEventListener('abort', first);
  cancellation.abort();
  cancellation.abort();
  expect(told).toEqual(['first', 'second']);
  expect(cancellation.aborted).toBe(true);
});

test('who has stopped listening hears nothing', () => {
  const cancellation = new Cancellation();
  const told: string[] = [];
  const gone = (): void => void told.push('gone');
  cancellation.addEventListener('abort', gone);
  cancellation.removeEventListener('abort', gone);
  cancellation.addEventListener('abort', () => void told.push('here'));
  cancellation.abort();
  cancellation.addEventListener('abort', () => void told.push('late'));
  expect(told).toEqual(['here']);
});

test("the platform's own signal fires with it, before and after", () => {
  const cancellation = new Cancellation();
  const { signal } = cancellation;
  expect(signal.aborted).toBe(false);
  cancellation.abort();
  expect(signal.aborted).toBe(true);
  const fired = new Cancellation();
  fired.abort();
  expect(fired.signal.aborted).toBe(true);
});
