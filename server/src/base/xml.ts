export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** Its own character data; of an element with children, only white space is allowed. */
  readonly text: string;
}

interface OpenElement {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

const depthMax = 8;
const elementsMax = 20_000;
const namePattern = '[A-Za-z_][A-Za-z0-9_.:-]{0,99}';
const attributes = `(?:\\s+${namePattern}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*\\s*`;
const tokenPattern = new RegExp(
  `<(${namePattern})${attributes}(/?)>|</(${namePattern})\\s*>|([^<]+)`,
  'y',
);
const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/**
 * Reads the small XML answers of a web service: elements and character data. Attributes are passed
 * over; whatever such an answer has no use for (document types, entities of its own, comments,
 * CDATA, processing instructions, mixed content) is refused, and so is anything deep or long.
 * @param text as received; its length is the caller's to bound
 * @returns the root element; undefined for everything else
 */
export function parseXml(text: string): XmlElement | undefined {
  const body = text.replace(/^\uFEFF?\s*(?:<\?xml [^<>?]*\?>)?\s*/, '').trimEnd();
  const open: OpenElement[] = [];
  let elements = 0;
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < body.length) {
    const token = tokenPattern.exec(body);
    if (token === null) return undefined;
    const [, opened, selfClosing, closed, raw] = token;
    const top = open.at(-1);
    if (raw !== undefined) {
      const data = decodeText(raw);
      if (top === undefined || data === undefined) return undefined;
      top.text += data;
      continue;
    }
    if (opened !== undefined) {
      if (++elements > elementsMax || open.length >= depthMax) return undefined;
      open.push({ name: opened, children: [], text: '' });
      if (selfClosing === '') continue;
    }
    const ended = open.pop();
    if (ended === undefined || (closed !== undefined && closed !== ended.name)) return undefined;
    if (ended.children.length > 0 && ended.text.trim() !== '') return undefined;
    const parent = open.at(-1);
    if (parent === undefined) return tokenPattern.lastIndex === body.length ? ended : undefined;
    parent.children.push(ended);
  }
  return undefined;
}

/** The text of the one child of this name; undefined when there is none, or more than one. */
export function childText(element: XmlElement, name: string): string | undefined {
  const found = element.children.filter((child) => child.name === name);
  return found.length === 1 && found[0]?.children.length === 0 ? found[0].text : undefined;
}

function decodeText(raw: string): string | undefined {
  if (!raw.includes('&')) return raw;
  let isSound = true;
  const text = raw.replaceAll(
    /&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-z]{1,4}));|&/g,
    (_match, hex?: string, decimal?: string, name?: string) => {
      const number = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      const found = name === undefined ? characterOf(number) : entities[name];
      if (found === undefined) isSound = false;
      return found ?? '';
    },
  );
  return isSound ? text : undefined;
}

function characterOf(number: number): string | undefined {
  const isAllowed = number > 0 && number <= 0x10_ff_ff && (number < 0xd8_00 || number > 0xdf_ff);
  return isAllowed ? String.fromCodePoint(number) : undefined;
}
