// Owns: the command `npm run bench`: its flags, the order of work, the table, the JSON file.
// Must not: measure.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type ProgramName, programNames, programVersion } from './programs.ts';
import { reportText } from './report.ts';
import { runWorkload, type Settings, type WorkloadReport } from './run.ts';
import { workloads } from './workloads/table.ts';
import type { Workload } from './workloads/workload.ts';

const usage = `usage: node dist/bench/main.js [workload…] [flags]
  --rounds N       turns that each program gets (default 15)
  --seconds S      length of one turn (default 0.5)
  --programs LIST  of sluice, haproxy, nginx (default all)
  --json FILE      figures and single rounds as JSON
  --no-pin         do not reserve processor 0 for the program and 1 for the load
  --list           the workloads
A name that is only the beginning of workloads (http-, servers-) stands for all of them.
SLUICE, HAPROXY and NGINX in the environment name other binaries.`;

function chosen(names: readonly string[]): Workload[] {
  if (names.length === 0) return [...workloads];
  const found = new Set<Workload>();
  for (const name of names) {
    const exact = workloads.filter((workload) => workload.name === name);
    const matching =
      exact.length > 0 ? exact : workloads.filter((workload) => workload.name.startsWith(name));
    if (matching.length === 0) fail(`no workload is called ${name}; --list shows them`);
    for (const workload of matching) found.add(workload);
  }
  return [...found];
}

function fail(message: string): never {
  process.stderr.write(`bench: ${message}\n`);
  process.exit(2);
}

function positive(text: string | undefined, fallback: number, flag: string): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!(value > 0)) fail(`${flag} wants a number above 0, not ${text}`);
  return value;
}

function programsOf(text: string | undefined): ProgramName[] {
  if (text === undefined) return [...programNames];
  return text.split(',').map((name) => {
    const known = programNames.find((program) => program === name);
    return known ?? fail(`--programs knows ${programNames.join(', ')}, not ${name}`);
  });
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      programs: { type: 'string' },
      json: { type: 'string' },
      'no-pin': { type: 'boolean' },
      list: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  if (values.list === true) {
    for (const workload of workloads) process.stdout.write(`${workload.name.padEnd(26)}${workload.about}\n`);
    return;
  }
  const settings: Settings = {
    programs: programsOf(values.programs),
    rounds: Math.round(positive(values.rounds, 15, '--rounds')),
    secondsPerSlice: positive(values.seconds, 0.5, '--seconds'),
    pin: values['no-pin'] !== true,
  };
  const processors = cpus();
  const machine = `${processors.length} × ${processors[0]?.model ?? 'unknown'}, Node ${process.version}`;
  process.stdout.write(`${machine}\n${settings.programs.map(programVersion).join('\n')}\n`);
  process.stdout.write(`${settings.rounds} rounds of ${settings.secondsPerSlice} s in turn; medians\n\n`);
  const reports: WorkloadReport[] = [];
  for (const workload of chosen(positionals)) {
    try {
      const report = await runWorkload(workload, settings);
      reports.push(report);
      process.stdout.write(`${reportText(report)}\n`);
    } catch (error) {
      // A program that fails in one workload should not cost the figures of the others.
      process.stdout.write(
        `${workload.name}: FAILED\n  ${error instanceof Error ? error.message : String(error)}\n\n`,
      );
      process.exitCode = 1;
    }
    // After each workload, so that a run that is cut short leaves what it has.
    if (values.json !== undefined) {
      writeFileSync(values.json, `${JSON.stringify({ machine, settings, reports }, undefined, 2)}\n`);
    }
  }
}

await main();
