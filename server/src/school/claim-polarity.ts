import type { Claim, Doubt } from './claims.ts';
import { isDenied, oppositeIn } from './polarity.ts';
import type { Near, Statements } from './statements.ts';

/** How near a statement must be to say that a sentence is the other way round. */
const near = { looked: 0.5, sure: 0.72 } as const;

/** The statement affirms what the sentence denies, or says its opposite. */
export function* denialOf(
  claim: Claim,
  found: readonly Near[],
  statements: Statements,
): Generator<Doubt> {
  const kind = 'contradiction.polarity';
  const isNo = isDenied(claim.text);
  const close = found.filter(({ frame }) => frame >= near.sure);
  const [first] = close;
  const agreeing = close.filter(({ statement }) => isDenied(statement.text) === isNo);
  if (first !== undefined && agreeing.length === 0) {
    const { evidence } = first.statement;
    yield { kind, start: 0, end: claim.text.length, instead: null, evidence };
    return;
  }
  let opposed: Doubt | undefined;
  for (const { statement, frame } of found) {
    if (frame < near.looked) break;
    if (isDenied(statement.text) !== isNo) continue;
    const place = oppositeIn(claim.text, statement.text);
    // One near statement that says it so is enough.
    if (place === undefined && frame >= near.sure) return;
    if (place === undefined || opposed !== undefined) continue;
    const rest = `${claim.text.slice(0, place.start)} ${claim.text.slice(place.end)}`;
    if (statements.frame(rest, statement) < near.sure) continue;
    opposed = { kind, ...place, evidence: statement.evidence };
  }
  if (opposed !== undefined) yield opposed;
}
