import type { RoadId } from './way.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface UpstreamBox extends Point {
  readonly width: number;
  readonly height: number;
  /** The road to this upstream. */
  readonly road: string;
  /** The road from it, if it answered. */
  readonly back: string;
}

/** Where everything in the picture stands. Lengths are in the picture's own units. */
export interface WayLayout {
  readonly width: number;
  readonly height: number;
  /** Whether roads run behind the names of the stations. */
  readonly crossedLabels: boolean;
  readonly stations: Readonly<Record<'caller' | 'in' | 'intent' | 'out' | 'outcome', Station>>;
  readonly upstreams: readonly UpstreamBox[];
  readonly roads: Readonly<Record<Exclude<RoadId, 'intent-upstream' | 'upstream-out'>, string>>;
  /** Points that show which way a road goes. */
  readonly arrows: Readonly<Record<RoadId, Arrow>>;
}

export interface Station extends Point {
  /** Where its name is written; the line below it is 18 units further down. */
  readonly label: Point;
}

export interface Arrow extends Point {
  /** Degrees clockwise from pointing right. */
  readonly turn: number;
}

const boxHeight = 40;
const boxStep = 50;

/** Out along the top, back along the bottom. */
export function wideLayout(upstreamCount: number): WayLayout {
  const middle = Math.max(165, 40 + (upstreamCount * boxStep) / 2);
  const top = middle - 62;
  const bottom = middle + 62;
  const first = middle - ((upstreamCount - 1) * boxStep) / 2;
  const station = (x: number, y: number, labelY: number): Station => ({
    x,
    y,
    label: { x, y: labelY },
  });
  return {
    width: 980,
    crossedLabels: false,
    height: Math.max(middle + 150, first + upstreamCount * boxStep),
    stations: {
      caller: station(84, middle, middle + 52),
      in: station(300, top, top - 54),
      intent: station(520, top, top - 54),
      out: station(520, bottom, bottom + 52),
      outcome: station(300, bottom, bottom + 52),
    },
    upstreams: Array.from({ length: upstreamCount }, (_, place) => {
      const y = first + place * boxStep;
      return {
        x: 740,
        y: y - boxHeight / 2,
        width: 230,
        height: boxHeight,
        road: `M520 ${top}H620C690 ${top} 670 ${y - 7} 740 ${y - 7}`,
        back: `M740 ${y + 7}C670 ${y + 7} 690 ${bottom} 620 ${bottom}H520`,
      };
    }),
    roads: {
      'caller-in': `M112 ${middle - 14}C170 ${middle - 24} 160 ${top} 230 ${top}H300`,
      'in-intent': `M300 ${top}H520`,
      'out-outcome': `M520 ${bottom}H300`,
      bypass: [
        `M520 ${top}C580 ${top} 580 ${middle} 520 ${middle}`,
        `H380C310 ${middle} 330 ${bottom} 300 ${bottom}`,
      ].join(''),
      'outcome-caller': `M300 ${bottom}H230C160 ${bottom} 170 ${middle + 24} 112 ${middle + 14}`,
    },
    arrows: {
      'caller-in': { x: 232, y: top, turn: 0 },
      'in-intent': { x: 412, y: top, turn: 0 },
      'intent-upstream': { x: 602, y: top, turn: 0 },
      'upstream-out': { x: 602, y: bottom, turn: 180 },
      'out-outcome': { x: 412, y: bottom, turn: 180 },
      bypass: { x: 440, y: middle, turn: 180 },
      'outcome-caller': { x: 228, y: bottom, turn: 180 },
    },
  };
}

/** The same way for a narrow screen: down on the left, back up on the right. */
export function tallLayout(upstreamCount: number): WayLayout {
  const left = 92;
  const right = 268;
  const station = (x: number, y: number): Station => ({ x, y, label: { x, y: y + 46 } });
  const first = 478;
  return {
    width: 360,
    crossedLabels: true,
    height: first + upstreamCount * boxStep + 4,
    stations: {
      caller: { x: 180, y: 44, label: { x: 180, y: 92 } },
      in: station(left, 180),
      intent: station(left, 326),
      out: station(right, 326),
      outcome: station(right, 180),
    },
    upstreams: Array.from({ length: upstreamCount }, (_, place) => {
      const y = first + place * boxStep;
      const middle = y + boxHeight / 2;
      const bend = 400 + (middle - 400) / 3;
      return {
        x: 64,
        y,
        width: 232,
        height: boxHeight,
        road: `M${left} 326V400C${left} ${bend} 30 ${bend} 30 ${middle - 14}Q30 ${middle} 64 ${middle}`,
        back: `M296 ${middle}Q330 ${middle} 330 ${middle - 14}C330 ${bend} ${right} ${bend} ${right} 400V326`,
      };
    }),
    roads: {
      'caller-in': `M154 50C100 60 ${left} 90 ${left} 130V180`,
      'in-intent': `M${left} 180V326`,
      'out-outcome': `M${right} 326V180`,
      bypass: `M${left} 326C190 326 170 180 ${right} 180`,
      'outcome-caller': `M${right} 180V130C${right} 90 260 60 206 50`,
    },
    arrows: {
      'caller-in': { x: left, y: 136, turn: 90 },
      'in-intent': { x: left, y: 278, turn: 90 },
      'intent-upstream': { x: left, y: 414, turn: 90 },
      'upstream-out': { x: right, y: 414, turn: -90 },
      'out-outcome': { x: right, y: 278, turn: -90 },
      bypass: { x: 180, y: 253, turn: -62 },
      'outcome-caller': { x: right, y: 136, turn: -90 },
    },
  };
}
