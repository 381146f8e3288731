/**
 * Configurations and all that is said of them, as a person sees it. Each golden file holds a configuration, a line of
 * dashes, and the report. With SLUICE_UPDATE_GOLDEN=1 the reports are written anew: read the difference before landing.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfiguration } from '../../../src/config/load.ts';
import { formatDiagnostics, verdict } from '../../../src/config/report.ts';
import '../../../src/features/all.ts';
import { repositoryRoot } from '../../harness/program.ts';

const folder = join(repositoryRoot, 'test/golden/config');
const separator = '\n----------------------------------------\n';

function report(text: string): string {
  const loaded = loadConfiguration([{ name: 'test.cfg', text }], {
    environment: { HOME: '/home/me', LIST: 'one two' },
    localPeer: 'here',
    version: '2.6.12',
    workingDirectory: '/nowhere',
  });
  const { list } = loaded.diagnostics;
  const said = formatDiagnostics(list, {
    pid: 1,
    version: '2.6.12',
    executable: '/usr/sbin/haproxy',
    showDiag: true,
  });
  return said + verdict(loaded.exitStatus, loaded.diagnostics.count('warning') > 0);
}

for (const name of readdirSync(folder).filter((file) => file.endsWith('.golden'))) {
  test(`golden: ${name.replace('.golden', '')}`, () => {
    const path = join(folder, name);
    const [input = '', expected = ''] = readFileSync(path, 'latin1').split(separator);
    const text = `${input}\n`;
    const actual = report(text);
    if (process.env['SLUICE_UPDATE_GOLDEN'] === '1') {
      writeFileSync(path, `${input}${separator}${Buffer.from(actual, 'utf8').toString('latin1')}`, 'latin1');
      return;
    }
    assert.equal(actual, Buffer.from(expected, 'latin1').toString('utf8'));
  });
}
