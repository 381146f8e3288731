/**
 * `balance hash <expr>`: the key is what a sample expression gives, as bytes. Where it gives nothing there is no key.
 * Specification: configuration manual 4.2 `balance hash`.
 */
import path from 'node:path';
import type { BalanceLine } from '../../../config/balance-syntax.ts';
import type { CheckReport } from '../../../config/keyword.ts';
import type { Configuration, ProxyConfig } from '../../../config/model.ts';
import { proxyWord } from '../../../config/proxy-kind.ts';
import { needOf, sees } from '../../../expr/availability.ts';
import { type Expression, linkExpression } from '../../../expr/expression.ts';
import type { ExpressionConfig } from '../../../expr/expression-config.ts';
import { readWholeExpression } from '../../../expr/parse-expression.ts';
import { patternFileReader } from '../../../expr/patterns/pattern-files.ts';
import { referencesOf } from '../../../expr/references.ts';
import { T_BIN } from '../../../expr/sample.ts';
import { type BalanceRequest, NO_HASH } from '../../../proxy/balancing.ts';
import type { Key, KeyHashing } from './key.ts';
import { registerKeyAlgorithm } from './key-algorithm.ts';

interface ExpressionSettings {
  readonly text: string;
  /** Read once the section is known that uses it: a `balance` of defaults means another one in each. */
  readonly expression: ExpressionConfig | undefined;
}

function parse({ args }: BalanceLine): ExpressionSettings | undefined {
  const text = args.next();
  if (text === undefined) {
    args.alert('balance hash requires a sample expression.');
    return undefined;
  }
  const more = args.next();
  if (more !== undefined) {
    args.alert(`balance hash takes no other argument (got '${more}').`);
    return undefined;
  }
  return { text, expression: undefined };
}

function finish(
  { text }: ExpressionSettings,
  proxy: ProxyConfig,
  configuration: Configuration,
  report: CheckReport,
): ExpressionSettings {
  const { name, origin } = proxy;
  const line = proxy.balance?.origin ?? origin;
  const place = `${proxyWord(proxy.kind)} '${name}' [${origin.file}:${origin.line}]`;
  const read = readWholeExpression(text, {
    origin: line,
    proxy: name,
    references: referencesOf(configuration),
    usedIn: 'use-server or balance expression',
    files: patternFileReader(configuration, (file) => path.resolve(file), line),
  });
  if ('error' in read) {
    const { detail, hint } = read.error;
    report.alertAt(
      `${place}: failed to parse 'balance hash' expression '${text}' in : ${detail}.`,
      line,
      hint,
    );
    return { text, expression: undefined };
  }
  const { layers } = read.record;
  if (!sees('backend use-server, balance or stick-match rule', layers)) {
    report.alertAt(
      `${place}: error detected while parsing 'balance hash' expression '${text}' which requires information from ${needOf(layers)}, which is not available here.`,
      line,
    );
  }
  return { text, expression: read.expression };
}

class ExpressionKey implements Key {
  readonly #expression: Expression;

  constructor(expression: Expression) {
    this.#expression = expression;
  }

  hash({ scope }: BalanceRequest, hashing: KeyHashing): number {
    if (!this.#expression.evaluateAs(scope, T_BIN)) return NO_HASH;
    const { u8, start, end } = this.#expression.sample;
    return hashing.bytes(u8, start, end);
  }
}

registerKeyAlgorithm<ExpressionSettings>({
  name: 'hash',
  syntax: ' <expr>',
  doc: 'A sample expression, hashed; requests that it gives nothing for take turns.',
  parse,
  finish,
  key: ({ expression }, { linker }) => {
    if (expression === undefined) throw new Error('balance hash has not been checked');
    return new ExpressionKey(linkExpression(expression, linker));
  },
});
