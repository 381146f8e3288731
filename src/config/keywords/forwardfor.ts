/**
 * `option forwardfor` and `option originalto`: headers with the addresses of the client's connection.
 * Specification: configuration manual 4.2.
 */
import { parseNetwork } from '../address-parser.ts';
import type { ArgumentReader } from '../argument-reader.ts';
import { registerKeywords } from '../keyword.ts';
import type { HeaderInsertConfig } from '../model.ts';
import { everywhere } from './proxy-option.ts';

function read(
  args: ArgumentReader,
  name: 'forwardfor' | 'originalto',
  header: string,
): HeaderInsertConfig | undefined {
  const config: HeaderInsertConfig = { header, except: undefined, ifNone: false };
  for (let word = args.next(); word !== undefined; word = args.next()) {
    if (word === 'except') {
      const text = args.next();
      config.except = text === undefined ? undefined : parseNetwork(text);
      if (config.except === undefined) {
        args.alert(`'option ${name} except' expects <address>[/mask] as argument.`);
        return undefined;
      }
    } else if (word === 'header') {
      const text = args.next();
      if (text === undefined) {
        args.alert(`'option ${name} header' expects <header_name> as argument.`);
        return undefined;
      }
      config.header = text;
    } else if (word === 'if-none' && name === 'forwardfor') config.ifNone = true;
    else {
      args.alert(
        name === 'forwardfor'
          ? "'option forwardfor' only supports optional values: 'except', 'header' and 'if-none'."
          : "'option originalto' only supports optional values: 'except' and 'header'.",
      );
      return undefined;
    }
  }
  return config;
}

registerKeywords(
  {
    scope: 'proxy',
    name: 'option forwardfor',
    syntax: '[ except <network> ] [ header <name> ] [ if-none ]',
    doc: 'Adds X-Forwarded-For with the client address to requests.',
    manual: '4.2',
    sections: everywhere,
    parse: ({ args, target }) => {
      target.forwardFor = read(args, 'forwardfor', 'X-Forwarded-For') ?? target.forwardFor;
    },
  },
  {
    scope: 'proxy',
    name: 'option originalto',
    syntax: '[ except <network> ] [ header <name> ]',
    doc: 'Adds X-Original-To with the address that the client connected to.',
    manual: '4.2',
    sections: everywhere,
    parse: ({ args, target }) => {
      target.originalTo = read(args, 'originalto', 'X-Original-To') ?? target.originalTo;
    },
  },
);
