/**
 * Takes the key out of an address such as `/console/#key=...` and removes it there, so that it
 * stays neither in the address bar nor in the history.
 */
export function takeKeyFromFragment(): string | undefined {
  const match = /^#key=(.+)$/.exec(location.hash);
  if (match === null) return undefined;
  history.replaceState(null, '', `${location.pathname}${location.search}#/chat`);
  return decode(match[1] ?? '');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
