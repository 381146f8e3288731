/**
 * `option external-check`, `external-check command` and `external-check path`. The global switch stands among the other
 * keywords about the process. Specification: configuration manual 4.2; wording of errors as HAProxy 2.6 gives them.
 */
import { type ProxyKeyword, registerCheck, registerFamily, registerKeywords } from '../../config/keyword.ts';
import { processFacet } from '../../config/keywords/global-process.ts';
import { proxyWord } from '../../config/proxy-kind.ts';
import { backendCheck, chooseKind } from './check-config.ts';
import { type Context, configOf, onlySoMany } from './check-keyword.ts';

function record(name: string, syntax: string, doc: string, parse: (context: Context) => void): ProxyKeyword {
  return {
    scope: 'proxy',
    name,
    syntax,
    doc,
    manual: '4.2',
    sections: ['defaults', 'frontend', 'listen', 'backend'],
    parse,
  };
}

function parseText(context: Context, word: 'command' | 'path'): void {
  const { args } = context;
  if (args.done) {
    args.alert(`missing argument after '${word}'.`);
    return;
  }
  const words = onlySoMany(args, 'external-check', 1);
  if (words === undefined) return;
  configOf(context)[word === 'command' ? 'externalCommand' : 'externalPath'] = words[0];
}

registerKeywords(
  record('option external-check', '', 'Health checks are runs of a program.', (context) => {
    if (onlySoMany(context.args, 'option external-check', 0) === undefined) return;
    chooseKind(configOf(context), { kind: 'external' });
  }),
  record('external-check command', '<command>', 'The program that external checks run.', (context) =>
    parseText(context, 'command'),
  ),
  record('external-check path', '<path>', 'PATH of the program that external checks run.', (context) =>
    parseText(context, 'path'),
  ),
);

registerFamily({
  scope: 'proxy',
  first: 'external-check',
  unknown: (args, found) => {
    args.alert(
      found === ''
        ? "missing argument after 'external-check'."
        : `'external-check' only supports 'command' and 'path'. but got '${found}'.`,
    );
  },
});

registerCheck((configuration, report) => {
  const allowed = processFacet.read(configuration.global);
  for (const proxy of configuration.proxies) {
    const config = backendCheck.read(proxy);
    if (config === undefined || proxy.disabled) continue;
    const { externalCommand, externalPath } = config;
    if (config.check.kind !== 'external') {
      const where = `will be ignored for ${proxyWord(proxy.kind)} '${proxy.name}' (requires 'option external-check').`;
      if (externalCommand !== undefined) report.warning(`'external-check command' ${where}`);
      if (externalPath !== undefined) report.warning(`'external-check path' ${where}`);
      continue;
    }
    const lacking = `Proxy '${proxy.name}' : 'option external-check' unable to find required`;
    if (allowed?.externalCheck !== true) {
      report.alert(`${lacking} 'global.external-check'.`, undefined, "write 'external-check' under 'global'");
    }
    if (externalCommand === undefined) report.alert(`${lacking} 'external-check command'.`);
    if (allowed?.allowsFork !== true) {
      report.warning(
        `Proxy '${proxy.name}' : 'insecure-fork-wanted' not enabled in the global section, 'option external-check' will likely fail.`,
      );
    }
    const isChecked = proxy.servers.some(({ check }) => check.enabled);
    if (isChecked && externalCommand?.startsWith('/') === false && externalPath === undefined) {
      report.alert(
        `Proxy '${proxy.name}': 'external-check command' does not have a leading '/' and 'external-check path' is not set.`,
      );
    }
  }
});
