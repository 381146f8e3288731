/**
 * Actions that answer, or end the exchange: return, deny, tarpit, reject.
 * Specification: configuration manual 4.2, 8.5 (termination states).
 */
import { registerAction } from '../action-record.ts';
import type { HttpTarget, RuleTarget } from '../target.ts';
import { DONE } from '../verdict.ts';
import { HttpReply, type HttpReplyConfig, readHttpReply } from './http-reply.ts';

registerAction<HttpReplyConfig>({
  name: 'return',
  answers: true,
  ruleSets: ['http-request', 'http-response'],
  syntax: '[status <code>] [content-type <type>] [<content>] [hdr <name> <fmt>]*',
  doc: 'Answers at once with the reply that is described.',
  manual: '4.2',
  parse: (context) => readHttpReply(context, { status: 200, denies: false }),
  link: (config, linker, ruleSet) => {
    const reply = new HttpReply(config, linker);
    const phase = ruleSet === 'http-request' ? 'R' : 'H';
    return (target) => {
      const http = target.httpTarget as HttpTarget;
      http.countIntercepted();
      http.setEnd('L', phase);
      reply.send(target);
      return DONE;
    };
  },
});

registerAction<HttpReplyConfig>({
  name: 'deny',
  answers: true,
  ruleSets: ['http-request', 'http-response'],
  syntax: '[{ status | deny_status } <code>] [content-type <type>] [<content>] [hdr <name> <fmt>]*',
  doc: 'Refuses: with 403 for a request and 502 for a response, or with the reply that is described.',
  manual: '4.2',
  parse: (context) => {
    const status = context.ruleSet === 'http-request' ? 403 : 502;
    return readHttpReply(context, { status, denies: true });
  },
  link: (config, linker, ruleSet) => {
    const reply = new HttpReply(config, linker);
    const phase = ruleSet === 'http-request' ? 'R' : 'H';
    return (target) => {
      const http = target.httpTarget as HttpTarget;
      http.countDenied();
      http.captureCookie();
      http.setEnd('P', phase);
      reply.send(target);
      return DONE;
    };
  },
});

registerAction<HttpReplyConfig>({
  name: 'tarpit',
  answers: true,
  ruleSets: ['http-request'],
  syntax: '[{ status | deny_status } <code>] [content-type <type>] [<content>] [hdr <name> <fmt>]*',
  doc: 'Refuses after `timeout tarpit`, so that the client has to wait: with 500, or the reply that is described.',
  manual: '4.2',
  parse: (context) => readHttpReply(context, { status: 500, denies: true }),
  link: (config, linker) => {
    const reply = new HttpReply(config, linker);
    const delayed = {
      answer: (target: RuleTarget): void => {
        target.httpTarget?.setEnd('P', 'T');
        reply.send(target);
      },
    };
    return (target) => {
      const http = target.httpTarget as HttpTarget;
      http.countDenied();
      http.captureCookie();
      http.delay(http.tarpitMs, delayed);
      return DONE;
    };
  },
});

registerAction({
  name: 'reject',
  ruleSets: ['http-request'],
  syntax: '',
  doc: 'Closes the connection without an answer.',
  manual: '4.2',
  parse: () => ({}),
  link: () => (target) => {
    const http = target.httpTarget as HttpTarget;
    http.countDenied();
    http.setEnd('P', 'R');
    http.reject();
    return DONE;
  },
});
