// Owns: running a plan in a load process of its own and collecting what it prints.
// Must not: interpret results.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pinned } from '../programs.ts';
import type { LoadPlan, LoadResult } from './plan.ts';

const worldFile = fileURLToPath(new URL('./world.js', import.meta.url));

export async function runPlan(
  plan: LoadPlan,
  folder: string,
  cpus: string | undefined,
): Promise<LoadResult[]> {
  const planFile = join(folder, 'plan.json');
  writeFileSync(planFile, JSON.stringify(plan));
  const words = [...pinned(cpus), process.execPath, worldFile, planFile];
  const child = spawn(words[0]!, words.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  // Twice what the plan asks for, and a while for the slow parts, is time enough for any program.
  const expectedMs = plan.targets.length * (plan.warmUpMs + plan.rounds * (plan.sliceMs + 2000) + 25000);
  const timer = setTimeout(() => child.kill('SIGKILL'), expectedMs * 2);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(timer);
  if (code !== 0) throw new Error(`the load process ended with ${signal ?? code}:\n${errors}`);
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LoadResult);
}
