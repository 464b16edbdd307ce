import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { PassageDetail } from '../api/passages.ts';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';
import type { RoadId, Way } from './way.ts';
import { type WayLayout, tallLayout, wideLayout } from './way-layout.ts';
import { CallerGlyph, GateGlyph, LedgerGlyph } from './way-glyphs.tsx';
import { type StationWords, wayWords } from './way-words.ts';

/** The way of one passage through the checkpoint, drawn. The same is told in words beside it. */
export function WayPicture(props: { passage: PassageDetail; way: Way }): JSX.Element {
  const words = useWords();
  const { passage, way } = props;
  const narrow = useMedia('(max-width: 760px)');
  const count = Math.max(1, way.attempts.length);
  const layout = narrow ? tallLayout(count) : wideLayout(count);
  const said = wayWords(passage, way, words);
  const { stations } = layout;
  return (
    <svg
      class="way"
      viewBox={`0 0 ${layout.width} ${layout.height}`}
      role="img"
      aria-label={words.text.passage.wayLabel}
    >
      <Roads layout={layout} way={way} />
      <CallerGlyph at={stations.caller} />
      <GateGlyph at={stations.in} gate={way.gates.in} />
      <LedgerGlyph at={stations.intent} written />
      <GateGlyph at={stations.out} gate={way.gates.out} />
      <LedgerGlyph at={stations.outcome} written={passage.outcomeIndex !== null} />
      <Upstreams layout={layout} way={way} notReached={words.text.passage.notReached} said={said} />
      {(['caller', 'in', 'intent', 'out', 'outcome'] as const).map((id) => (
        <Label
          key={id}
          at={stations[id].label}
          words={said[id]}
          backed={layout.crossedLabels && id !== 'caller'}
        />
      ))}
    </svg>
  );
}

function Roads(props: { layout: WayLayout; way: Way }): JSX.Element {
  const { layout, way } = props;
  const answering = Math.max(
    0,
    way.attempts.findLastIndex((attempt) => attempt.outcome === 'answered'),
  );
  const back = layout.upstreams[answering]?.back ?? '';
  const roads = Object.entries(layout.roads) as [RoadId, string][];
  const all: [RoadId, string][] = [
    ...roads.filter(([id]) => id !== 'bypass' || way.travelled.has('bypass')),
    ...layout.upstreams.map(({ road }): [RoadId, string] => ['intent-upstream', road]),
    ['upstream-out', back],
  ];
  const travelledLast = all.toSorted(
    ([a], [b]) => Number(way.travelled.has(a)) - Number(way.travelled.has(b)),
  );
  return (
    <>
      {travelledLast.map(([id, path]) => (
        <path key={path} d={path} class={way.travelled.has(id) ? 'road' : 'road road-unused'} />
      ))}
      {[...way.travelled].map((id) => {
        const { x, y, turn } = layout.arrows[id];
        return (
          <path
            key={id}
            d="M-4 -5.5L4.5 0L-4 5.5z"
            class="road-arrow"
            transform={`translate(${x} ${y}) rotate(${turn})`}
          />
        );
      })}
    </>
  );
}

function Upstreams(props: {
  layout: WayLayout;
  way: Way;
  said: Readonly<Record<'upstream', StationWords>>;
  notReached: string;
}): JSX.Element {
  const { layout, way, said } = props;
  const shown =
    way.attempts.length > 0
      ? way.attempts.map(({ upstream, outcome }) => ({ name: upstream, outcome }))
      : [{ name: said.upstream.name, outcome: '' }];
  const words = useWords().text;
  return (
    <>
      {shown.map(({ name, outcome }, place) => {
        const box = layout.upstreams[place];
        if (box === undefined) return null;
        const kept = way.kept ? fill(words.passage.keptAnswer, { upstream: name }) : name;
        const kind = way.kept ? 'kept' : kindOf(outcome);
        return (
          <g key={place} class={`stop stop-${kind}`}>
            <rect x={box.x} y={box.y} width={box.width} height={box.height} rx="8" />
            <text x={box.x + 14} y={box.y + 17} class="way-name">
              {clip(kept, 26)}
            </text>
            <text x={box.x + 14} y={box.y + 32} class="way-line">
              {outcome === '' ? said.upstream.line : outcomeWord(words.outcome, outcome)}
            </text>
          </g>
        );
      })}
    </>
  );
}

function kindOf(outcome: string): 'unused' | 'answered' | 'failed' {
  if (outcome === '') return 'unused';
  return outcome === 'answered' ? 'answered' : 'failed';
}

function Label(props: {
  at: { readonly x: number; readonly y: number };
  words: StationWords;
  backed: boolean;
}): JSX.Element {
  const { x, y } = props.at;
  return (
    <g text-anchor="middle" class="way-label">
      {props.backed ? (
        <rect x={x - 66} y={y - 14} width="132" height="36" class="way-label-back" />
      ) : null}
      <text x={x} y={y} class="way-name">
        {clip(props.words.name, 24)}
      </text>
      <text x={x} y={y + 17} class="way-line">
        {clip(props.words.line, 28)}
      </text>
    </g>
  );
}

export function outcomeWord(words: Readonly<Record<string, string>>, outcome: string): string {
  return words[outcome] ?? outcome;
}

/** SVG text does not wrap; the words beside the picture are whole. */
function clip(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const follow = (): void => setMatches(media.matches);
    media.addEventListener('change', follow);
    return () => media.removeEventListener('change', follow);
  }, [query]);
  return matches;
}
