import { limits } from '#base';
import { describe, expect, test } from 'vitest';
import { Sessions } from '../../../src/gateway/mcp/sessions.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const of = (key: string, scope?: string) => ({ key, scope, version: '2025-11-25' });

describe('sessions of clients of tools', () => {
  test('cannot be guessed, and are found by their own key at their own address only', () => {
    const sessions = new Sessions(new ManualClock());
    const { id } = sessions.open(of('one', 'desk'));
    expect(id).toMatch(/^[\w-]{32}$/);
    expect(sessions.find(id, { key: 'one', scope: 'desk' })).toBeDefined();
    expect(sessions.find(id, { key: 'two', scope: 'desk' })).toBeUndefined();
    expect(sessions.find(id, { key: 'one', scope: undefined })).toBeUndefined();
    expect(sessions.find('', { key: 'one', scope: 'desk' })).toBeUndefined();
  });

  test('of one key push out the oldest of that key, and nobody else’s', () => {
    const clock = new ManualClock();
    const sessions = new Sessions(clock);
    const other = sessions.open(of('other'));
    const mine = Array.from({ length: limits.mcpSessionsPerKey }, () => {
      clock.pass(1);
      return sessions.open(of('one'));
    });
    sessions.find(mine[0].id, of('one'));
    sessions.open(of('one'));
    expect(sessions.find(mine[0].id, of('one'))).toBeDefined();
    expect(sessions.find(mine[1].id, of('one'))).toBeUndefined();
    expect(sessions.find(other.id, of('other'))).toBeDefined();
  });

  test('end some time after their last request, but not during one', () => {
    const clock = new ManualClock();
    const sessions = new Sessions(clock);
    const idle = sessions.open(of('one'));
    const busy = sessions.open(of('two'));
    const call = new AbortController();
    busy.calls.set(1, call);
    clock.pass(limits.mcpSessionMs + 1);
    expect(sessions.find(idle.id, of('one'))).toBeUndefined();
    expect(sessions.find(busy.id, of('two'))).toBe(busy);
    sessions.close(busy);
    expect(call.signal.aborted).toBe(true);
    expect(sessions.size).toBe(0);
  });

  test('are refused, and not made room for, when there are too many of all keys', () => {
    const sessions = new Sessions(new ManualClock());
    for (let i = 0; i < limits.mcpSessions; i++) sessions.open(of(`key ${i}`));
    expect(() => sessions.open(of('one more'))).toThrow(/busy/);
  });
});
