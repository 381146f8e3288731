/**
 * The header that tells a server how it is seen.
 * Specification: configuration manual 4.2 `http-check send-state`; form as HAProxy 2.6 writes it.
 */
import type { Address } from '../../config/address.ts';
import { BE_SERVED, SERVER_STOPPING, SRV_QUEUED, SRV_SERVED, SRV_WEIGHT } from '../../state/shared-state.ts';
import type { CheckStatus } from './check-status.ts';
import type { ServerHealth } from './server-health.ts';

export function stateHeader(health: ServerHealth, status: CheckStatus, node: string): string {
  const { states, place, name } = health;
  const { server, config } = place;
  const [host, port] = addressParts(config.address);
  const weight = `${states.word(server, SRV_WEIGHT)}/${states.usableWeight(server)}`;
  const sessions = `${states.word(server, SRV_SERVED)}/${states.proxyWord(server, BE_SERVED)}`;
  return [
    stateText(status, states.has(server, SERVER_STOPPING)),
    `address=${host}`,
    `port=${port}`,
    `name=${name.backend}/${name.server}`,
    `node=${node}`,
    `weight=${weight}`,
    `scur=${sessions}`,
    `qcur=${states.word(server, SRV_QUEUED)}`,
  ].join('; ');
}

/** `UP`, `UP 1/3`, `DOWN`, `DOWN 1/2`, `NOLB`. */
function stateText({ health, rise, fall }: CheckStatus, stopping: boolean): string {
  if (health < rise) return health === 0 ? 'DOWN' : `DOWN ${health}/${rise}`;
  const word = stopping ? 'NOLB' : 'UP';
  return health === rise + fall - 1 ? word : `${word} ${health - rise + 1}/${fall}`;
}

function addressParts(address: Address): [host: string, port: string] {
  if (address.family === 'inet' || address.family === 'inet6') return [address.host, String(address.port)];
  return ['unix', 'unix'];
}
