/**
 * Where a sample may be taken: each comes from a layer, each rule stands at a point, and a table says which layers a
 * point can see. HAProxy prints the same table with `-dKsmp`, from which this one is taken.
 * Specification: configuration manual 7.3 (what is available where).
 */

/** Points of evaluation, in the columns of `-dKsmp`, by the names that HAProxy's messages use. */
export const points = [
  'frontend tcp-request connection rule',
  'frontend tcp-request session rule',
  'frontend tcp-request content rule',
  'frontend http-request header rule',
  'frontend http-request body rule',
  'frontend use-backend rule',
  'backend tcp-request content rule',
  'backend http-request header rule',
  'backend http-request body rule',
  'backend use-server, balance or stick-match rule',
  'server source selection',
  'backend tcp-response content rule',
  'backend http-response header rule',
  'backend http-response body rule',
  'backend stick-store rule',
  'frontend tcp-response content rule',
  'frontend http-response header rule',
  'frontend http-response body rule',
  'logs',
  'backend tcp-check rule',
  'configuration parser',
  'CLI parser',
] as const;
export type Point = (typeof points)[number];

/** Layers by their columns: `Y` where the point can see them. `need` is how HAProxy's messages call the layer. */
const layers = {
  constant: { columns: 'YYYYYYYYYYYYYYYYYYYYYY', need: 'a constant' },
  internal: { columns: 'YYYYYYYYYYYYYYYYYYYY.Y', need: 'internal states' },
  listener: { columns: 'YYYYYYYYYYYYYYYYYYY...', need: 'frontend information' },
  client: { columns: 'YYYYYYYYYYYYYYYYYYYY..', need: 'the client connection' },
  clientTls: { columns: '.YYYYYYYYYYYYYYYYYY...', need: 'the client session' },
  request: { columns: '..YYYYYYYYY...........', need: 'HTTP request headers' },
  requestBuffer: { columns: '..YYYYYYYYY...........', need: 'raw request contents' },
  requestBody: { columns: '..YYYYYYYYY...........', need: 'HTTP request body' },
  requestKept: { columns: '..YYYYYYYYYYYYYYYYY...', need: 'HTTP request' },
  backend: { columns: '......YYYYYYYYYYYYYY..', need: 'backend information' },
  server: { columns: '..........YYYYYYYYYY..', need: 'server information' },
  serverConnection: { columns: '...........YYYYYYYYY..', need: 'the server connection' },
  response: { columns: '...........YYYYYYY.Y..', need: 'HTTP response headers' },
  responseBuffer: { columns: '...........YYYYYYY.Y..', need: 'raw response contents' },
  responseBody: { columns: '...........YYYYYYY.Y..', need: 'HTTP response body' },
  responseKept: { columns: '...........YYYYYYYYY..', need: 'HTTP response' },
} as const;
export type SampleLayer = keyof typeof layers;

export function sees(point: Point, from: readonly SampleLayer[]): boolean {
  const column = points.indexOf(point);
  return from.some((layer) => layers[layer].columns[column] === 'Y');
}

/** How messages call what a fetch needs. */
export function needOf(from: readonly SampleLayer[]): string {
  const [first] = from;
  return first === undefined ? '' : layers[first].need;
}

/** The columns of one fetch, for `-dKsmp`. */
export function columnsOf(from: readonly SampleLayer[]): string {
  return points.map((point) => (sees(point, from) ? 'Y' : '.')).join('');
}
