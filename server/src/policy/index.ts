// The public rule book. Pure: reads text, returns values, decides nothing about a single request.
export { PolicyError, type PolicyErrorCode } from './errors.ts';
export { defaultPolicyYaml } from './preset.ts';
export { type Policy, parsePolicy } from './policy.ts';
export {
  type Action,
  type DataClass,
  type DeclaredUpstream,
  type PolicyDocument,
  type SupervisionRule,
} from './schema.ts';
