// Fails when an import of src/ points upwards or sideways: node dist/test/structure/import-direction.js [src folder]
// The rules are in rules.ts. Files that have grown past one concept are named too, as a warning.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../harness/program.ts';
import { importsOf } from './imports.ts';
import { misplacement, type Violation, violationOf } from './rules.ts';
import { TOLERATED } from './tolerated-imports.ts';

/** Past this many lines a file is two concepts. */
const LONGEST_FILE_LINES = 600;

interface Findings {
  readonly violations: Violation[];
  readonly warnings: string[];
  imports: number;
}

function readFile(source: string, file: string, findings: Findings): void {
  const text = readFileSync(join(source, file), 'utf8');
  const misplaced = misplacement(file);
  if (misplaced !== undefined)
    findings.violations.push({ file, line: 1, imported: '(itself)', rule: misplaced });
  const lines = text.split('\n').length - 1;
  if (lines > LONGEST_FILE_LINES) findings.warnings.push(`src/${file}: ${lines} lines`);
  for (const each of importsOf(text)) {
    findings.imports++;
    const violation = violationOf(file, each);
    if (violation !== undefined) findings.violations.push(violation);
  }
}

function isTolerated({ file, imported }: Violation): boolean {
  return TOLERATED.some((each) => each.file === file && each.imported === imported);
}

function main(): void {
  const source = process.argv[2] ?? join(repositoryRoot, 'src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .sort();
  const findings: Findings = { violations: [], warnings: [], imports: 0 };
  for (const file of files) readFile(source, file, findings);
  if (findings.imports === 0) throw new Error(`no import found below ${source}`);

  const { violations, warnings } = findings;
  const failures = violations
    .filter((each) => !isTolerated(each))
    .map(({ file, line, imported, rule }) => `src/${file}:${line}: imports ${imported}: ${rule}`);
  for (const { file, imported } of TOLERATED) {
    if (!violations.some((each) => each.file === file && each.imported === imported))
      failures.push(`tolerated-imports.ts: ${file} no longer imports ${imported}: remove the entry`);
  }
  for (const warning of warnings)
    console.warn(`warning: ${warning} (over ${LONGEST_FILE_LINES}: two concepts?)`);
  for (const failure of failures) console.error(failure);
  const tolerated = violations.filter(isTolerated).length;
  console.log(`imports: ${findings.imports} in ${files.length} files, ${failures.length} wrong`);
  if (tolerated > 0) console.log(`tolerated for now: ${tolerated}`);
  process.exitCode = failures.length > 0 ? 1 : 0;
}

main();
