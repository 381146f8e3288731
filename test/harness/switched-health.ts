// Checks that a scenario switches on and off, apart from the server that gets the traffic.

import type { ScenarioContext } from './context.ts';

export interface SwitchedHealth {
  /** Options of the server line. */
  readonly check: string;
  fail(): Promise<void>;
  recover(): Promise<void>;
}

export async function switchedHealth(t: ScenarioContext): Promise<SwitchedHealth> {
  const listener = await t.tcpServer({ name: 'health', host: t.address() });
  return {
    check: `check addr ${listener.host} port ${listener.port} inter 500ms fall 1 rise 1`,
    fail: () => listener.stop(),
    recover: () => listener.restart(),
  };
}

/** A global section that logs to this receiver. */
export function logTo(address: string): string {
  return `
global
    log ${address} local0
`;
}
