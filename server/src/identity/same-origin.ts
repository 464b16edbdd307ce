import { type AskedBy, GatewayError } from '#gateway';

/** A header that no form can send, and that no other site may send without being asked first. */
export const consoleHeader = 'x-sekisho-console';

/** A cookie counts for the console's own requests only; every other request is a stranger's. */
export function isFromConsole(request: AskedBy): boolean {
  return request.header(consoleHeader) !== undefined;
}

/**
 * Whether a browser says that the request comes from a page of this very origin. What changes
 * something must say it in so many words, since every browser does.
 * @throws GatewayError `cross_site_request`
 */
export function requireSameOrigin(request: AskedBy, origin: string): void {
  const [site, from] = [request.header('sec-fetch-site'), request.header('origin')];
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const isSilent = site === undefined && from === undefined;
  const isOther =
    (site !== undefined && site !== 'same-origin') || (from !== undefined && from !== origin);
  if (isOther || (isSilent && !isRead)) throw new GatewayError('cross_site_request');
}
