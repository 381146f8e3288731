/**
 * Timeouts of one exchange in the place of the backend's. Specification: configuration manual 4.2 `http-request
 * set-timeout`; wording of messages as HAProxy 2.6.
 */
import { maxTimeMs, parseTime } from '../../config/time-and-size.ts';
import { linkExpression } from '../../expr/expression.ts';
import type { ExpressionConfig } from '../../expr/expression-config.ts';
import { low32 } from '../../expr/int64.ts';
import { readWholeExpression } from '../../expr/parse-expression.ts';
import { T_INT } from '../../expr/sample.ts';
import { registerAction } from '../action-record.ts';
import type { StreamTarget } from '../target.ts';
import { CONTINUE } from '../verdict.ts';

interface TimeoutData {
  readonly which: 'server' | 'tunnel';
  readonly timeoutMs: number;
  /** In its place, when there is one. */
  readonly expression: ExpressionConfig | undefined;
}

function set(stream: StreamTarget, which: TimeoutData['which'], timeoutMs: number): void {
  if (which === 'server') stream.ruledServerMs = timeoutMs;
  else stream.ruledTunnelMs = timeoutMs;
}

registerAction<TimeoutData>({
  name: 'set-timeout',
  ruleSets: ['http-request'],
  syntax: '{ server | tunnel } { <timeout> | <expr> }',
  doc: 'The exchange has this timeout in the place of that of its backend.',
  manual: '4.2',
  parse: (context) => {
    const which = context.done ? undefined : context.args.next();
    const text = which === undefined || context.done ? undefined : context.args.next();
    if (which === undefined || text === undefined) return context.fail('expects exactly 2 arguments');
    const { proxy } = context;
    if (proxy.kind === 'frontend') return context.fail(`proxy '${proxy.name}' has no backend capability`);
    if (which !== 'server' && which !== 'tunnel')
      return context.fail(`'set-timeout' rule supports 'server'/'tunnel' (got '${which}')`);
    const read = readWholeExpression(text, {
      ...context.place,
      usedIn: 'http-request set-timeout expression',
    });
    if (!('error' in read)) return { which, timeoutMs: 0, expression: read.expression };
    const time = parseTime(text, 'ms');
    if (time.ok) {
      if (time.value > 0) return { which, timeoutMs: time.value, expression: undefined };
      return context.fail(`null value is not valid for a 'set-timeout ${which}' rule`);
    }
    if (time.fault === 'character')
      return context.fail(`unexpected character '${time.character}' in rule 'set-timeout ${which}'`);
    return context.fail(
      `timer overflow in argument '${text}' to rule 'set-timeout ${which}' (maximum value is ${maxTimeMs} ms or ~24.8 days)`,
    );
  },
  link: ({ which, timeoutMs, expression }, linker) => {
    if (expression === undefined) {
      return (target) => {
        if (target.streamTarget !== null) set(target.streamTarget, which, timeoutMs);
        return CONTINUE;
      };
    }
    const value = linkExpression(expression, linker);
    return (target) => {
      const stream = target.streamTarget;
      if (stream === null || !value.evaluateAs(target, T_INT)) return CONTINUE;
      const wantedMs = low32(value.sample.integer);
      // No time at all is no timeout that could be set; less than that is up at once.
      if (wantedMs !== 0) set(stream, which, Math.max(1, wantedMs));
      return CONTINUE;
    };
  },
});
