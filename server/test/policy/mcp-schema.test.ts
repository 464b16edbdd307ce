import { defaultPolicyYaml, forbiddenToServer, parsePolicy } from '#policy';
import { describe, expect, test } from 'vitest';

const facts = `
      operator: A test
      jurisdiction: US
      residency: JP
      maxClass: internal
`;
const policy = (servers: string): string => `${defaultPolicyYaml()}\nmcp:\n  servers:\n${servers}`;
const http = `    - id: wiki\n      url: https://wiki.example/mcp${facts}`;

describe('mcp in sekisho.yaml', () => {
  test('declares servers behind an address and servers that are started', () => {
    const local = `    - id: desk\n      command: desk\n      args: [--quiet]${facts}`;
    const { document } = parsePolicy(policy(http + local));
    expect(document.mcp?.servers.map(({ id }) => id)).toEqual(['wiki', 'desk']);
  });

  test.each([
    ['both ways at once', `    - id: a\n      url: https://a.example\n      command: a${facts}`],
    ['no way at all', `    - id: a${facts}`],
    ['a secret in the address', `    - id: a\n      url: https://u:p@a.example${facts}`],
    ['a query', `    - id: a\n      url: https://a.example/?k=1${facts}`],
    ['a file', `    - id: a\n      url: file:///etc/passwd${facts}`],
    ['a token for a program', `    - id: a\n      command: a\n      tokenEnv: A${facts}`],
    [
      'arguments for an address',
      `    - id: a\n      url: https://a.example\n      args: [x]${facts}`,
    ],
    ['a name with the sign that divides', `    - id: a__b\n      command: a${facts}`],
    ['a class nobody knows', http.replace('internal', 'cosmic')],
    ['the same id twice', http + http],
    ['an unknown member', `${http}      colour: red\n`],
    ['a relative folder', `    - id: a\n      command: a\n      cwd: here${facts}`],
    [
      'a tool pinned twice',
      `${http}      pins:\n${`        - { tool: x, sha256: ${'a'.repeat(64)} }\n`.repeat(2)}`,
    ],
  ])('refuses %s', (_what, servers) => {
    expect(() => parsePolicy(policy(servers))).toThrow(/couldn't use the policy: mcp/);
  });

  test('keeps a class from a server by its ceiling and by the countries of the class', () => {
    const yaml = policy(http).replace(
      /- id: public\n( {4}title: .*\n)/,
      '- id: public\n$1    jurisdictions: [JP]\n',
    );
    const policyOf = parsePolicy(yaml);
    const [server] = policyOf.document.mcp!.servers;
    const by = (id: string) =>
      forbiddenToServer(policyOf.dataClass(id)!, server, policyOf.classIds);
    expect(by('public')).toBe('dataClasses.public.jurisdictions');
    expect(by('internal')).toBeUndefined();
    expect(by('confidential')).toBe('mcp.servers.wiki.maxClass');
    expect(by('personal')).toBe('mcp.servers.wiki.maxClass');
  });
});
