import { GatewayError, may } from '#gateway';
import type { Group, Passage } from '#ledger';
import type { ApiApp, ApiContext, ApiPorts } from './app.ts';
import { requireRight } from './app.ts';
import { mayTeacherRead } from './class-access.ts';

/**
 * Opening what is sealed: for operators, and for a key that was granted some groups of this very
 * passage for a time.
 */
export function openingRoute(app: ApiApp, ports: ApiPorts): void {
  const { reader } = ports;
  app.post('/api/passages/:id/open', async (context) => {
    const id = context.req.param('id');
    const known = await reader.passage(id, { content: false });
    const groups = await openableGroups(ports, context, { id, known });
    if (known === undefined) throw new GatewayError('not_found');
    const granted = !may(context.get('key'), 'content');
    // The record of the reading comes first: a reading that is not recorded does not happen.
    await ports.appender.append([
      {
        type: 'access.read',
        decision: 'allow',
        evidenceClass: 'r2',
        refs: { policy: ports.ruleBook().policyLeaf },
        fields: {
          'access.reader': context.get('key').id,
          'access.what': granted
            ? { passage: id, index: known.intentIndex, groups }
            : { passage: id, index: known.intentIndex, group: 'content' },
        },
      },
    ]);
    const content = groups.includes('content');
    const passage = await reader.passage(id, { content });
    return context.json({
      ...openedText(content ? passage : undefined),
      contentState: passage?.contentState ?? 'MISSING',
      ...(granted ? openedFacts(passage, groups) : {}),
    });
  });
}

async function openableGroups(
  ports: ApiPorts,
  context: ApiContext,
  { id, known }: { readonly id: string; readonly known: Passage | undefined },
): Promise<readonly Group[]> {
  const key = context.get('key');
  if (may(key, 'content')) return ['content'];
  const groups = await ports.reader.granted(id, key.id);
  const isTaught = known !== undefined && (await mayTeacherRead(ports, key, known));
  if (isTaught) return [...new Set<Group>([...groups, 'content'])];
  if (groups.length === 0) requireRight(context, 'content');
  return groups;
}

function openedText(passage: Passage | undefined): object {
  return {
    request: passage?.intentFields['request.messages'] ?? null,
    effective: passage?.intentFields['request.effective_input'] ?? null,
    delivered: passage?.outcomeFields['response.delivered'] ?? null,
    raw: passage?.outcomeFields['response.raw'] ?? null,
    toolCalls: passage?.outcomeFields['tool.calls'] ?? null,
    // Of a class: what was withheld, what had to be written again, and the notes.
    held: passage?.outcomeFields['answer.held'] ?? null,
    drafts: passage?.outcomeFields['answer.drafts'] ?? null,
    notes: passage?.outcomeFields['answer.notes'] ?? null,
  };
}

/** What an operator sees beside the text anyway, and a granted reader only if it was granted. */
function openedFacts(passage: Passage | undefined, groups: readonly Group[]): object {
  const { intentFields = {}, outcomeFields = {} } = passage ?? {};
  return {
    groups,
    ...(groups.includes('identity')
      ? { actor: intentFields['actor.id'] ?? null, address: intentFields['client.ip'] ?? null }
      : {}),
    ...(groups.includes('ops')
      ? {
          verdicts: [
            intentFields['policy.verdicts'] ?? null,
            outcomeFields['policy.verdicts'] ?? null,
          ],
        }
      : {}),
  };
}
