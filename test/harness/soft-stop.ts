// What the scenarios of the architecture guide's soft stops look at: where new visitors go, and where a cookie leads.

import assert from 'node:assert/strict';
import { get } from './client.ts';
import type { ScenarioContext } from './context.ts';
import { poll } from './waiting.ts';

/** The files check every two seconds, and want up to three results. */
export const NOTICED_MS = 30_000;
export const TIMEOUT_MS = 120_000;

/** Twelve new visitors: nobody of them may meet that server. */
export async function newVisitorsAvoid(t: ScenarioContext, name: string): Promise<void> {
  for (let at = 0; at < 12; at++) assert.notEqual((await t.request(8080, get('/'))).text, name);
}

export async function visit(
  t: ScenarioContext,
  cookie: string,
): Promise<{ server: string; given: string | undefined }> {
  const response = await t.request(8080, get('/', `Cookie: SERVERID=${cookie}`));
  assert.equal(response.status, 200);
  return { server: response.text, given: response.header('set-cookie') };
}

/** Waits until a new visitor meets the server. */
export async function isUsed(t: ScenarioContext, name: string): Promise<void> {
  await poll(async () => (await t.request(8080, get('/'))).text === name || undefined, `${name} to be used`);
}
