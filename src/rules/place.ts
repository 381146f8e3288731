/** How messages about rules call the section that they stand in. */
import type { ProxyConfig } from '../config/model.ts';

export function placeOf(proxy: ProxyConfig): string {
  const word = proxy.kind === 'listen' ? 'proxy' : proxy.kind;
  return `${word} '${proxy.name}'`;
}
