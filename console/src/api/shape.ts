/**
 * Readers for what the server sends. They fill gaps instead of refusing: a console that is older or
 * newer than its server shows less, but shows it.
 */
export type Shape = Readonly<Record<string, unknown>>;

export function shape(value: unknown): Shape {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Shape)
    : {};
}

export function text(value: unknown, gap = ''): string {
  return typeof value === 'string' ? value : gap;
}

export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function number(value: unknown, gap = 0): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : gap;
}

export function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function list<Item>(value: unknown, read: (item: unknown) => Item): readonly Item[] {
  return Array.isArray(value) ? value.map((item) => read(item)) : [];
}

export function bilingual(value: unknown): { readonly en: string; readonly ja: string } {
  const { en, ja } = shape(value);
  return { en: text(en, text(ja)), ja: text(ja, text(en)) };
}

/** @returns undefined when the text is not JSON */
export function parseJson(source: string): unknown {
  try {
    return JSON.parse(source) as unknown;
  } catch {
    return undefined;
  }
}
