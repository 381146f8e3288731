/** `http-request auth`: asks the client who it is. Specification: configuration manual 4.2; RFC 7617. */
import { registerAction } from '../action-record.ts';
import type { HttpTarget } from '../target.ts';
import { DONE } from '../verdict.ts';

registerAction<string>({
  name: 'auth',
  answers: true,
  ruleSets: ['http-request'],
  syntax: '[realm <realm>]',
  doc: 'Answers 401 (407 as a proxy) and asks for a name and a password.',
  manual: '4.2',
  parse: (context) => {
    if (context.args.take('realm') === undefined) return context.proxy.name;
    const realm = context.args.next();
    return realm ?? context.fail('missing realm value.\n');
  },
  link: (realm) => {
    const ask = (header: string) => Buffer.from(`${header}: Basic realm="${realm}"\r\n`, 'latin1');
    const asServer = ask('www-authenticate');
    const asProxy = ask('proxy-authenticate');
    return (target) => {
      const http = target.httpTarget as HttpTarget;
      http.countIntercepted();
      http.setEnd('L', 'R');
      if (target.usesProxyHeaders) http.reply(407, asProxy);
      else http.reply(401, asServer);
      return DONE;
    };
  },
});
