/** One server-sent event; dialects with named events repeat the name outside the JSON. */
export function sseEvent(data: object, name?: string, newline = '\n'): Uint8Array {
  const lines = [
    ...(name === undefined ? [] : [`event: ${name}`]),
    `data: ${JSON.stringify(data)}`,
  ];
  return Buffer.from(`${lines.join(newline)}${newline}${newline}`, 'utf8');
}
