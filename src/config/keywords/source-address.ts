/**
 * `source`, of a backend and of a server: the local address of connections to servers.
 * Specification: configuration manual 4.2 `source`, 5.2 `source`; wording of errors as HAProxy 2.6 gives them.
 */
import { parseAddress } from '../address-parser.ts';
import type { ArgumentReader } from '../argument-reader.ts';
import type { Environment } from '../environment.ts';
import { registerKeywords } from '../keyword.ts';
import type { SourceConfig } from '../model.ts';

/** Reads behind the word `source`; reports and returns undefined when something is wrong. `where`: for messages. */
export function readSource(
  args: ArgumentReader,
  where: 'server' | 'proxy',
  environment: Environment,
): SourceConfig | undefined {
  const end = where === 'server' ? '.' : '';
  const text = args.next();
  if (text === undefined) {
    args.alert(
      where === 'server'
        ? "'source' expects <addr>[:<port>[-<port>]], and optionally 'usesrc' <addr>, and 'interface' <name> as argument.."
        : "'source' expects <addr>[:<port>], and optionally 'usesrc' <addr>, and 'interface' <name>.",
    );
    return undefined;
  }
  const parsed = parseAddress(text, {
    port: 'optional',
    portRange: where === 'server',
    names: true,
    environment,
  });
  if (!parsed.ok) {
    args.alert(
      where === 'server'
        ? `\n  'source ${text}' : ${parsed.message}\n  \n.`
        : `'source ${text}' : ${parsed.message}`,
    );
    return undefined;
  }
  const { address, lastPort } = parsed.value;
  const source: SourceConfig = {
    // 0.0.0.0 without a port only carries what follows: any address will do.
    address,
    lastPort: address.family === 'inet' || address.family === 'inet6' ? lastPort : 0,
    interface: undefined,
    usesrc: undefined,
  };
  for (;;) {
    const word = args.take('usesrc', 'interface');
    if (word === undefined) return source;
    if (word === 'interface') {
      const name = args.next();
      if (name === undefined) {
        args.alert(
          where === 'server'
            ? `'server' : missing interface name${end}`
            : "'source' : missing interface name.",
        );
        if (where === 'server') args.say('alert', "error encountered while processing 'interface'.");
        return undefined;
      }
      source.interface = name;
      continue;
    }
    const usesrc = readUsesrc(args, where, environment);
    if (usesrc === undefined) {
      if (where === 'server') args.say('alert', "error encountered while processing 'usesrc'.");
      return undefined;
    }
    source.usesrc = usesrc;
  }
}

function readUsesrc(
  args: ArgumentReader,
  where: 'server' | 'proxy',
  environment: Environment,
): SourceConfig['usesrc'] {
  const text = args.next();
  if (text === undefined) {
    args.alert(
      where === 'server'
        ? "'usesrc' expects <addr>[:<port>], 'client', 'clientip', or 'hdr_ip(name,#)' as argument."
        : "'usesrc' expects <addr>[:<port>], 'client', or 'clientip' as argument.",
    );
    return undefined;
  }
  if (text === 'client') return { kind: 'client' };
  if (text === 'clientip') return { kind: 'clientip' };
  const header = /^hdr_ip\(([^,)]*)(?:,(-?[0-9]+))?\)?$/.exec(text);
  if (header !== null) {
    const occurrence = header[2] === undefined ? -1 : Number(header[2]);
    if (occurrence < -10) {
      args.alert('usesrc hdr_ip(name,num) does not support negative occurrences values smaller than 10.');
      return undefined;
    }
    return { kind: 'header', header: header[1]!.toLowerCase(), occurrence };
  }
  const parsed = parseAddress(text, { port: 'optional', names: true, environment });
  if (!parsed.ok) {
    args.alert(`'usesrc ${text}' : ${parsed.message}`);
    return undefined;
  }
  return { kind: 'address', address: parsed.value.address };
}

registerKeywords({
  scope: 'proxy',
  name: 'source',
  syntax:
    '<addr>[:<port>] [usesrc { <addr2>[:<port2>] | client | clientip | hdr_ip(<hdr>[,<occ>]) }] [interface <name>]',
  doc: 'The local address from which servers are reached.',
  manual: '4.2',
  sections: ['defaults', 'listen', 'backend'],
  parse: ({ args, target, reading }) => {
    const source = readSource(args, 'proxy', reading.environment);
    if (source === undefined) return;
    if (args.done) target.source = source;
    else args.alert("'source' only supports optional keywords 'interface' and 'usesrc'.");
  },
});
