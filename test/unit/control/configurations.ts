/** Configurations for the tests of the control plane, read from text as a user writes it. */
import assert from 'node:assert/strict';
import { loadConfiguration } from '../../../src/config/load.ts';
import type { Configuration } from '../../../src/config/model.ts';
import { OperatorMessages } from '../../../src/control/operator-messages.ts';
import '../../../src/features/all.ts';

const defaults = `
defaults
  mode tcp
  timeout connect 1s
  timeout client 1s
  timeout server 1s
`;

/** `text` begins at line 9 of `test.cfg` where `global` is one line. */
export function configurationOf(text: string, global = ''): Configuration {
  const source = { name: 'test.cfg', text: `global\n${global}\n${defaults}${text}\n` };
  const { configuration, diagnostics } = loadConfiguration([source], { environment: process.env });
  const alerts = diagnostics.list.filter(({ severity }) => severity === 'alert');
  assert.deepEqual(
    alerts.map(({ message }) => message),
    [],
  );
  return configuration;
}

/** Messages that are kept instead of written. */
export function keptMessages(): { messages: OperatorMessages; lines: string[] } {
  const lines: string[] = [];
  const messages = new OperatorMessages({
    pid: 1,
    version: 'v',
    executable: 'x',
    quiet: false,
    introduced: true,
    write: (text) => void lines.push(text.trimEnd()),
  });
  return { messages, lines };
}
