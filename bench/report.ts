// Owns: the table that a person reads: one block per workload, one line per program, the limits and whether they are met.
// Must not: compute figures.
import type { Ratio } from './measure/statistics.ts';
import type { CpuFigures, Figures, IdleFigures, RestFigures, WorkloadReport } from './run.ts';
import type { Workload } from './workloads/workload.ts';

/** Beyond this share of waiting, ratios were seen to move by a tenth. */
const DISTURBED = 0.1;

type Alignment = 'left' | 'right';

export function reportText(report: WorkloadReport): string {
  const { workload, figures, notes } = report;
  const lines = [`${workload.name}: ${workload.about}`];
  const cpu = figures.filter((entry) => entry.kind === 'cpu');
  const idle = figures.filter((entry) => entry.kind === 'idle');
  const rest = figures.filter((entry) => entry.kind === 'rest');
  if (cpu.length > 0) lines.push(...cpuTable(cpu));
  if (idle.length > 0) lines.push(...idleTable(idle));
  if (rest.length > 0) lines.push(...restTable(rest));
  for (const line of verdicts(workload, figures)) lines.push(`  ${line}`);
  if (workload.kind === 'cpu' && cpu.some((entry) => entry.waited > DISTURBED)) {
    lines.push('  DISTURBED: other work had the processor of a program for a while; not figures to keep');
  }
  for (const note of notes) lines.push(`  without ${note}`);
  return `${lines.join('\n')}\n`;
}

function cpuTable(figures: readonly CpuFigures[]): string[] {
  const unit = figures[0]!.unit;
  const compared = ['haproxy', 'nginx', 'haproxy-1', 'sluice-1'].filter((label) =>
    figures.some((entry) => label in entry.ratios),
  );
  const hasLog = figures.some((entry) => entry.logLinesPerRequest !== undefined);
  const head = ['', `µs/${unit}`, 'min–max', 'user', 'sys', ...compared.map((label) => `of ${label}`)];
  head.push('requests/s', 'busy', 'waited', 'p50 µs', 'errors', ...(hasLog ? ['log lines'] : []));
  const rows = figures.map((entry) => [
    entry.label,
    entry.totalMicroseconds.toFixed(2),
    `${entry.minMicroseconds.toFixed(2)}–${entry.maxMicroseconds.toFixed(2)}`,
    entry.userMicroseconds.toFixed(2),
    entry.systemMicroseconds.toFixed(2),
    ...compared.map((label) => ratioText(entry.ratios[label])),
    entry.requestsPerSecond.toFixed(0),
    `${(entry.busy * 100).toFixed(0)} %`,
    `${(entry.waited * 100).toFixed(0)} %`,
    entry.medianLatencyMicroseconds.toFixed(0),
    String(entry.errors),
    ...(hasLog ? [`${((entry.logLinesPerRequest ?? 0) * 100).toFixed(1)} %`] : []),
  ]);
  return table(head, rows);
}

function ratioText(ratio: Ratio | undefined): string {
  if (ratio === undefined) return '';
  return `${ratio.median.toFixed(3)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`;
}

function idleTable(figures: readonly IdleFigures[]): string[] {
  const rows = figures.map((entry) => [
    entry.label,
    entry.kilobytesPerConnection.toFixed(2),
    String(entry.connections),
    entry.residentMegabytesBefore.toFixed(1),
    entry.residentMegabytesOpen.toFixed(1),
    entry.residentMegabytesAfter.toFixed(1),
    String(entry.errors),
  ]);
  return table(['', 'KB each', 'open', 'MB before', 'MB open', 'MB closed', 'errors'], rows);
}

function restTable(figures: readonly RestFigures[]): string[] {
  const rows = figures.map((entry) => [
    entry.label,
    entry.residentMegabytes.toFixed(1),
    entry.acceptingAfterMs.toFixed(0),
    `${entry.acceptingAfterMsMin.toFixed(0)}–${entry.acceptingAfterMsMax.toFixed(0)}`,
  ]);
  return table(['', 'MB resident', 'ms to accept', 'min–max'], rows);
}

/** One line per limit that the workload has, for Sluice. */
function verdicts(workload: Workload, figures: readonly Figures[]): string[] {
  const lines: string[] = [];
  for (const entry of figures) {
    if (entry.kind !== 'rest' && entry.label.startsWith('sluice') && entry.errors > 0) {
      lines.push(verdict('errors', entry.errors, 0, 0));
    }
    if (entry.kind === 'cpu' && workload.kind === 'cpu' && entry.label === 'sluice') {
      const ratio = entry.ratios['haproxy'];
      if (ratio !== undefined && workload.limitToHaproxy !== undefined) {
        lines.push(verdict('CPU of HAProxy’s', ratio.median, workload.limitToHaproxy, 3));
      }
    } else if (entry.kind === 'cpu' && workload.kind === 'threads' && entry.label === 'sluice-2') {
      const ratio = entry.ratios['sluice-1'];
      if (ratio !== undefined)
        lines.push(verdict('CPU of one thread’s', ratio.median, workload.limitToOneThread, 3));
    } else if (entry.kind === 'idle' && workload.kind === 'idle' && entry.label === 'sluice') {
      lines.push(
        verdict('KB per connection', entry.kilobytesPerConnection, workload.limitKilobytesPerConnection, 2),
      );
    } else if (entry.kind === 'rest' && workload.kind === 'rest' && entry.label === 'sluice') {
      lines.push(verdict('MB resident', entry.residentMegabytes, workload.limitResidentMegabytes, 1));
      lines.push(verdict('ms to accept', entry.acceptingAfterMs, workload.limitAcceptingAfterMs, 0));
    }
  }
  return lines;
}

function verdict(what: string, value: number, limit: number, digits: number): string {
  const isMet = value <= limit;
  return `${isMet ? 'met   ' : 'MISSED'}  sluice: ${what} ${value.toFixed(digits)}, limit ${limit}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) => {
    const cells = row.map((cell, column) => pad(cell, widths[column]!, column === 0 ? 'left' : 'right'));
    return `  ${cells.join('  ').trimEnd()}`;
  });
}

function pad(text: string, width: number, alignment: Alignment): string {
  return alignment === 'left' ? text.padEnd(width) : text.padStart(width);
}
