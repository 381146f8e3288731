/**
 * The first argument of `bind`: a comma list of addresses, each with a port or a range of ports, spread out to one
 * address for each listener.
 */
import type { Address } from './address.ts';
import { parseAddress } from './address-parser.ts';
import type { Environment } from './environment.ts';

/** The addresses, or what is wrong with the first faulty one. */
export function readBindAddresses(
  text: string,
  unixPrefix: string,
  environment: Environment,
): Address[] | string {
  const out: Address[] = [];
  for (const part of text.split(',')) {
    if (part === '') continue;
    const result = parseAddress(part, {
      port: 'required',
      portRange: true,
      portOffset: false,
      descriptor: true,
      names: true,
      unixPrefix,
      environment,
    });
    if (!result.ok) return result.message;
    const { address, lastPort } = result.value;
    if (address.family !== 'inet' && address.family !== 'inet6') {
      out.push(address);
      continue;
    }
    for (let port = address.port; port <= lastPort; port++) out.push({ ...address, port });
  }
  return out;
}
