/** The status line rewritten. Specification: configuration manual 4.2 `http-response set-status`. */
import { wholeInteger } from '../../config/time-and-size.ts';
import { u8 } from '../../os/arena.ts';
import { statusReason } from '../../protocol/http1/status-reasons.ts';
import { registerAction } from '../action-record.ts';
import type { HttpTarget } from '../target.ts';
import { CONTINUE } from '../verdict.ts';

interface StatusData {
  readonly status: number;
  readonly reason: string | undefined;
}

registerAction<StatusData>({
  name: 'set-status',
  ruleSets: ['http-response', 'http-after-response'],
  syntax: '<status> [reason <str>]',
  doc: 'Replaces the status, and the reason behind it.',
  manual: '4.2',
  parse: (context) => {
    const text = context.done ? undefined : context.args.next();
    if (text === undefined)
      return context.fail('expects 1 argument <status>; or 3 arguments <status> reason <fmt>');
    const status = wholeInteger(text) ?? 0;
    if (status < 100 || status > 999)
      return context.fail('expects an integer status code between 100 and 999');
    let reason: string | undefined;
    if (context.args.take('reason') !== undefined) reason = context.args.next();
    return { status, reason };
  },
  link: ({ status, reason }) => {
    const line = Buffer.from(`${status} ${reason ?? statusReason(status)}`, 'latin1');
    return (target) => {
      const http = target.httpTarget as HttpTarget;
      const head = http.responseHead;
      if (head === null) return CONTINUE;
      const { block } = head;
      if (!block.room(line.length)) return http.rewriteFailed();
      const at = block.editAt;
      for (let i = 0; i < line.length; i++) u8[at + i] = line[i] as number;
      block.editAt = at + line.length;
      head.status = status;
      head.statusStart = at;
      head.statusEnd = at + 3;
      head.reasonStart = at + 4;
      head.reasonEnd = at + line.length;
      block.startUntidy = true;
      return CONTINUE;
    };
  },
});
