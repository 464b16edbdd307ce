import { defaultPolicyYaml, maySetCookies, parsePolicy } from '#policy';
import { describe, expect, test } from 'vitest';

const usual = `
signIn:
  issuer: https://login.example.jp/realms/city
  clientId: sekisho
  roles: [{ role: user, values: [staff] }]
`;
const parse = (yaml: string) => parsePolicy(defaultPolicyYaml() + yaml).document.signIn;

describe('the way people sign in', () => {
  test('is not there unless the rule book says it', () => {
    expect(parse('')).toBeUndefined();
  });

  test('has what it needs by default, and groups of people by their claim', () => {
    expect(parse(usual)).toMatchObject({
      private: false,
      scopes: ['openid', 'profile', 'email'],
      personClaim: 'sub',
      nameClaim: 'name',
      roleClaim: ['groups'],
      sessionHours: 8,
      idleMinutes: 60,
      terms: {},
    });
    expect(parse(`${usual}  roleClaim: roles\n`)?.roleClaim).toEqual(['roles']);
    const nested = '  roleClaim: [realm_access, roles]\n';
    expect(parse(usual + nested)?.roleClaim).toEqual(['realm_access', 'roles']);
  });

  test.each([
    ['issuer: http://login.example.jp/', /issuer: use https/],
    ['issuer: https://a:b@login.example.jp/', /issuer: leave out credentials/],
    ['issuer: https://login.example.jp/?x=1', /issuer: leave out credentials/],
    ['issuer: ftp://login.example.jp/', /signIn.issuer/],
    ['clientSecret: in-the-open', /clientSecret/],
    ['clientSecretEnv: not a name', /clientSecretEnv/],
    ['scopes: [profile]', /openid must be among them/],
    ['roles: []', /nobody could sign in/],
    ['roles: [{ role: king, values: [staff] }]', /signIn.roles/],
    ['emailDomains: ["@Example.JP"]', /lower case/],
    ['sessionHours: 1000', /sessionHours/],
    ['idleMinutes: 1', /idleMinutes/],
    ['terms: { user: { maxClass: gone } }', /no data class "gone"/],
    ['terms: { user: { upstreams: [gone] } }', /no upstream "gone"/],
    ['terms: { user: { models: [gone] } }', /no model "gone"/],
    ['terms: { user: { owner: Aiko } }', /terms/],
  ])('is refused with %s', (line, reason) => {
    const [name = ''] = line.split(':');
    const others = usual.split('\n').filter((old) => !old.startsWith(`  ${name}:`));
    expect(() => parse(`${others.join('\n')}  ${line}\n`)).toThrow(reason);
  });

  test('needs https, except on this machine and inside networks that are declared', () => {
    const at = (issuer: string, more = ''): unknown =>
      parse(usual.replace('https://login.example.jp/realms/city', issuer) + more);
    expect(at('http://127.0.0.1:8080/realms/city')).toBeDefined();
    expect(at('http://keycloak:8080/realms/city', '  private: true\n')).toBeDefined();
    expect(() => at('http://keycloak:8080/realms/city')).toThrow(/use https/);
    const plain = defaultPolicyYaml().replace(
      'institution:\n',
      'institution:\n  publicUrl: http://ai.example.jp\n',
    );
    expect(() => parsePolicy(plain + usual)).toThrow(/over https only/);
    expect(() => parsePolicy(plain)).not.toThrow();
    expect(maySetCookies('http://localhost:7700')).toBe(true);
    expect(maySetCookies('http://0.0.0.0:7700')).toBe(false);
    expect(maySetCookies('http://localhost.evil.example')).toBe(false);
  });
});
