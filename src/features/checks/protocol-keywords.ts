/**
 * The options that choose a built-in dialogue.
 * Specification: configuration manual 4.2; wording of errors as HAProxy 2.6 gives them.
 */
import { registerKeywords } from '../../config/keyword.ts';
import { chooseKind } from './check-config.ts';
import { type Context, checkKeyword, configOf, onlySoMany } from './check-keyword.ts';

function withoutArguments(
  context: Context,
  name: string,
  kind: 'ssl-hello' | 'ldap' | 'redis' | 'spop',
): void {
  if (onlySoMany(context.args, `option ${name}`, 0) !== undefined) chooseKind(configOf(context), { kind });
}

function parseSmtp(context: Context): void {
  const words = onlySoMany(context.args, 'option smtpchk', 2);
  if (words === undefined) return;
  const [command, domain] = words;
  // Any other command, and one without a domain, means the default.
  if (domain === undefined || (command !== 'HELO' && command !== 'EHLO')) {
    chooseKind(configOf(context), { kind: 'smtp', command: 'HELO', domain: 'localhost' });
  } else chooseKind(configOf(context), { kind: 'smtp', command, domain });
}

function parseMysql(context: Context): void {
  const { args } = context;
  const words = onlySoMany(args, 'option mysql-check', 3);
  if (words === undefined) return;
  const [word, user, form] = words;
  if (word !== undefined && word !== 'user') {
    args.alert(`'option mysql-check' only supports optional values: 'user' (got '${word}').`);
  } else if (word !== undefined && user === undefined) {
    args.alert("'option mysql-check user' expects <username> as argument.");
  } else if (form !== undefined && form !== 'post-41' && form !== 'pre-41') {
    args.alert(`keyword 'user' only supports 'post-41' and 'pre-41' (got '${form}').`);
  } else chooseKind(configOf(context), { kind: 'mysql', user, is41: form !== 'pre-41' });
}

function parsePgsql(context: Context): void {
  const { args } = context;
  const words = onlySoMany(args, 'option pgsql-check', 2);
  if (words === undefined) return;
  const [word, user] = words;
  if (word !== 'user' || user === undefined) {
    args.alert("'option pgsql-check' expects 'user <username>' as argument.");
  } else chooseKind(configOf(context), { kind: 'pgsql', user });
}

registerKeywords(
  checkKeyword('option ssl-hello-chk', '', 'Health checks send an SSLv3 hello.', (context) =>
    withoutArguments(context, 'ssl-hello-chk', 'ssl-hello'),
  ),
  checkKeyword('option ldap-check', '', 'Health checks bind to an LDAPv3 server anonymously.', (context) =>
    withoutArguments(context, 'ldap-check', 'ldap'),
  ),
  checkKeyword('option redis-check', '', 'Health checks send PING to a Redis server.', (context) =>
    withoutArguments(context, 'redis-check', 'redis'),
  ),
  checkKeyword('option spop-check', '', 'Health checks shake hands with an SPOP agent.', (context) =>
    withoutArguments(context, 'spop-check', 'spop'),
  ),
  checkKeyword(
    'option smtpchk',
    '[{ HELO | EHLO } <domain>]',
    'Health checks greet an SMTP server. Default: HELO localhost.',
    parseSmtp,
  ),
  checkKeyword(
    'option mysql-check',
    '[user <username> [{ post-41 | pre-41 }]]',
    'Health checks read the greeting of a MySQL server, and log in when a user is given.',
    parseMysql,
  ),
  checkKeyword(
    'option pgsql-check',
    'user <username>',
    'Health checks begin to log in to a PostgreSQL server.',
    parsePgsql,
  ),
);
