import type { Context } from 'hono';
import { fromHex } from '#base';
import { GatewayError, may } from '#gateway';
import type { Group } from '#ledger';
import { type ApiApp, type ApiPorts, authenticate, knownKey } from './app.ts';

/** What is handed out of one exchange, in the format that is asked for. */
export function receiptRoute(app: ApiApp, ports: ApiPorts): void {
  app.get('/receipts/:id', async (context) => {
    const id = context.req.param('id');
    if (fromHex(id)?.length !== 16) throw new GatewayError('not_found');
    const format = context.req.query('format') ?? 'receipt';
    const give = formats.get(format);
    if (give === undefined) {
      const detail = [...formats.keys()].join(', ');
      throw new GatewayError('invalid_value', { param: 'format', detail });
    }
    await waitUntilCovered(ports, id, context.req.query('wait'));
    const { body, type, name } = await give(ports, context, id);
    return context.body(body, 200, {
      'content-type': type,
      'content-disposition': `inline; filename="${name}"`,
      'cache-control': 'private, max-age=60',
      vary: 'authorization, cookie, x-sekisho-console',
    });
  });
}

interface Handout {
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly name: string;
}

type Give = (ports: ApiPorts, context: Context, id: string) => Promise<Handout>;

const formats: ReadonlyMap<string, Give> = new Map([
  ['receipt', giveReceipt],
  ['bundle', giveBundle],
  ['cose', giveCose],
  ['entry', giveEntry],
]);

async function giveReceipt(ports: ApiPorts, context: Context, id: string): Promise<Handout> {
  const disclose = await mayDisclose(ports, context, id);
  const body = await ports.reader.receipt(id, { groups: disclose ? ['ops'] : [] });
  if (body === undefined) throw new GatewayError('not_found');
  return { body, type: 'application/json; charset=utf-8', name: `sekisho-receipt-${id}.json` };
}

async function giveBundle(ports: ApiPorts, context: Context, id: string): Promise<Handout> {
  const groups = await bundleGroups(ports, context, id);
  const documents = context.req.query('documents') === 'yes';
  const body = await ports.reader.bundle(id, { groups, documents });
  if (body === undefined) throw new GatewayError('not_found');
  return { body, type: 'application/json; charset=utf-8', name: `${id}.sekisho-bundle.json` };
}

async function giveCose(ports: ApiPorts, context: Context, id: string): Promise<Handout> {
  const { receipt } = await coseOf(ports, context, id);
  const type = 'application/cose; cose-type="cose-sign1"';
  return { body: new Uint8Array(receipt), type, name: `sekisho-receipt-${id}.cose` };
}

/** The bytes of an entry, since a receipt in COSE does not carry what it is about. */
async function giveEntry(ports: ApiPorts, context: Context, id: string): Promise<Handout> {
  const { entry } = await coseOf(ports, context, id);
  return {
    body: new Uint8Array(entry),
    type: 'application/json',
    name: `sekisho-entry-${id}.json`,
  };
}

async function coseOf({ reader }: ApiPorts, context: Context, id: string) {
  const role = context.req.query('entry') ?? 'intent';
  if (role !== 'intent' && role !== 'outcome') {
    throw new GatewayError('invalid_value', { param: 'entry', detail: 'intent or outcome' });
  }
  const evidence = await reader.cose(id, role);
  if (evidence === undefined) throw new GatewayError('not_found');
  return evidence;
}

/**
 * Without a list, what a receipt would open. Identity and content are for operators and for keys
 * that were granted them, and the opening is recorded first.
 */
async function bundleGroups(
  ports: ApiPorts,
  context: Context,
  id: string,
): Promise<readonly Group[]> {
  const own: readonly Group[] = (await mayDisclose(ports, context, id)) ? ['ops'] : [];
  const list = context.req.query('groups');
  if (list === undefined) return own;
  const asked = list.split(',').filter((name) => name !== '');
  if (!asked.every(isGroup)) {
    throw new GatewayError('invalid_value', { param: 'groups', detail: 'identity, content, ops' });
  }
  if (asked.length === 0) return [];
  const key = authenticate(ports, context);
  const granted = may(key, 'content') ? allGroups : await ports.reader.granted(id, key.id);
  if (!asked.every((group) => granted.includes(group) || own.includes(group))) {
    throw new GatewayError('operator_key_required');
  }
  if (asked.some((group) => !own.includes(group))) await recordReading(ports, key.id, id, asked);
  return asked;
}

const allGroups: readonly Group[] = ['identity', 'content', 'ops'];

function isGroup(name: string): name is Group {
  return allGroups.some((group) => group === name);
}

/** The record of the reading comes first: a reading that is not recorded does not happen. */
async function recordReading(
  { reader, appender, ruleBook }: ApiPorts,
  by: string,
  id: string,
  groups: readonly Group[],
): Promise<void> {
  const known = await reader.passage(id, { content: false });
  if (known === undefined) throw new GatewayError('not_found');
  const what = { passage: id, index: known.intentIndex, groups, form: 'bundle' };
  await appender.append([
    {
      type: 'access.read',
      decision: 'allow',
      evidenceClass: 'r2',
      refs: { policy: ruleBook().policyLeaf },
      fields: { 'access.reader': by, 'access.what': what },
    },
  ]);
}

/** @param level for how much assurance the caller is willing to wait */
async function waitUntilCovered(
  { reader, ruleBook }: ApiPorts,
  id: string,
  level: string | undefined,
): Promise<void> {
  if (level === undefined) return;
  if (level !== 'included' && level !== 'witnessed') {
    throw new GatewayError('invalid_value', { param: 'wait', detail: 'included or witnessed' });
  }
  const passage = await reader.passage(id);
  if (passage === undefined) throw new GatewayError('not_found');
  const { witnesses = [] } = ruleBook().policy.document.ledger;
  // Nobody was asked, so nobody will answer.
  if (level === 'witnessed' && witnesses.length === 0) throw new GatewayError('not_witnessed_yet');
  await reader.acknowledged(passage.outcomeIndex ?? passage.intentIndex, level);
}

/**
 * The id alone shows that a passage took place; what was decided is for its caller and operators.
 */
async function mayDisclose(ports: ApiPorts, context: Context, id: string): Promise<boolean> {
  const key = knownKey(ports, context);
  if (key === undefined) return false;
  if (may(key, 'receipts')) return true;
  const passage = await ports.reader.passage(id, { content: false });
  return passage?.intentFields['actor.id'] === key.id;
}
