/**
 * The check of log formats, once the whole configuration has been read: their samples may name what comes later.
 * Specification: configuration manual 8.2.6; wording of messages as HAProxy 2.6.
 */
import path from 'node:path';
import { type CheckReport, registerCheck } from '../../config/keyword.ts';
import type { Configuration, ProxyConfig } from '../../config/model.ts';
import type { Origin } from '../../config/words.ts';
import { patternFileReader } from '../patterns/pattern-files.ts';
import { referencesOf } from '../references.ts';
import { checkFormat } from './format-text.ts';

type Format = { readonly text: string; readonly origin: Origin };

function check(
  configuration: Configuration,
  proxy: ProxyConfig,
  name: string,
  format: Format,
  report: CheckReport,
): void {
  const { text, origin } = format;
  const result = checkFormat(text, {
    origin,
    proxy: proxy.name,
    references: referencesOf(configuration),
    usedIn: 'log-format string',
    points: ['logs'],
    http: proxy.mode === 'http',
    files: patternFileReader(configuration, (file) => path.resolve(file), origin),
  });
  if (result.ok) return;
  for (const { message, hint } of result.errors) {
    report.alertAt(
      `Parsing [${origin.file}:${origin.line}]: failed to parse ${name} : ${message}`,
      origin,
      hint,
    );
  }
}

registerCheck((configuration, report) => {
  for (const proxy of configuration.proxies) {
    if (proxy.kind === 'backend' || proxy.disabled) continue;
    const { format, errorFormat, sdFormat } = proxy.log;
    if (format !== undefined && 'text' in format) check(configuration, proxy, 'log-format', format, report);
    if (sdFormat !== undefined) check(configuration, proxy, 'log-format-sd', sdFormat, report);
    if (errorFormat !== undefined) check(configuration, proxy, 'error-log-format', errorFormat, report);
  }
});
