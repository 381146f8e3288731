/** Variables set and unset by rules. Specification: configuration manual 4.2 `http-request set-var|set-var-fmt|unset-var`. */

import { linkExpression } from '../../expr/expression.ts';
import type { ExpressionConfig } from '../../expr/expression-config.ts';
import { type FormatConfig, linkFormat } from '../../expr/log-format/format-text.ts';
import { Sample } from '../../expr/sample.ts';
import { ScopedVariable } from '../../expr/scoped-variable.ts';
import { formatScratch } from '../../expr/scratch.ts';
import { parseVariableName, type VariableName } from '../../expr/variable-name.ts';
import { type ActionContext, registerAction } from '../action-record.ts';
import type { RuleSetName } from '../rule-set.ts';
import { CONTINUE } from '../verdict.ts';

const everywhere: readonly RuleSetName[] = [
  'tcp-request connection',
  'tcp-request session',
  'tcp-request content',
  'tcp-response content',
  'http-request',
  'http-response',
  'http-after-response',
];

function readName(context: ActionContext): VariableName | undefined {
  const name = parseVariableName(context.inner ?? '');
  return 'error' in name ? context.fail(name.error) : name;
}

registerAction<{ readonly variable: VariableName; readonly expression: ExpressionConfig }>({
  name: 'set-var',
  hasInner: true,
  ruleSets: everywhere,
  syntax: '<expr>',
  doc: 'The variable takes the value of the expression; without a value it is left as it was.',
  manual: '4.2',
  parse: (context) => {
    const variable = readName(context);
    if (variable === undefined) return undefined;
    const expression = context.expression();
    return expression === undefined ? undefined : { variable, expression };
  },
  link: ({ variable, expression }, linker) => {
    const value = linkExpression(expression, linker);
    const to = new ScopedVariable(variable.scope, variable.name);
    return (target) => {
      if (value.evaluate(target)) to.set(target, value.sample);
      return CONTINUE;
    };
  },
});

registerAction<{ readonly variable: VariableName; readonly format: FormatConfig }>({
  name: 'set-var-fmt',
  hasInner: true,
  ruleSets: everywhere,
  syntax: '<fmt>',
  doc: 'The variable takes the text that the format makes.',
  manual: '4.2',
  parse: (context) => {
    const variable = readName(context);
    if (variable === undefined) return undefined;
    const text = context.done ? undefined : context.args.next();
    if (text === undefined) return context.fail('missing fetch method');
    const format = context.format(text);
    return format === undefined ? undefined : { variable, format };
  },
  link: ({ variable, format }, linker) => {
    const text = linkFormat(format, linker);
    const to = new ScopedVariable(variable.scope, variable.name);
    const sample = new Sample();
    return (target) => {
      const area = formatScratch();
      sample.setString(area, 0, text.write(target, area, 0, area.length));
      to.set(target, sample);
      return CONTINUE;
    };
  },
});

registerAction<VariableName>({
  name: 'unset-var',
  hasInner: true,
  ruleSets: everywhere,
  syntax: '',
  doc: 'The variable is there no more.',
  manual: '4.2',
  parse: readName,
  link: (variable) => {
    const to = new ScopedVariable(variable.scope, variable.name);
    return (target) => {
      to.unset(target);
      return CONTINUE;
    };
  },
});
