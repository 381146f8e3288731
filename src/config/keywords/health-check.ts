/**
 * Health checks as far as every kind has them: whether, how often, where, and how many results change a server's
 * state. What is sent and expected belongs to the kinds of checks.
 * Specification: configuration manual 5.2 `check` and siblings; wording of errors as HAProxy 2.6 gives them.
 */
import { parseAddress } from '../address-parser.ts';
import { registerKeywords, type ServerKeyword } from '../keyword.ts';
import type { CheckConfig, ServerConfig } from '../model.ts';
import { leadingInteger, parseTime } from '../time-and-size.ts';

function option(name: string, syntax: string, doc: string, parse: ServerKeyword['parse']): ServerKeyword {
  return { scope: 'server', name, syntax, doc, manual: '5.2', parse };
}

function flag(name: string, doc: string, set: (check: CheckConfig) => void): ServerKeyword {
  return option(name, '', doc, ({ target }) => set(target.check));
}

function delay(name: string, doc: string, set: (server: ServerConfig, ms: number) => void): ServerKeyword {
  return option(name, '<delay>', doc, ({ args, target }) => {
    const text = args.next();
    if (text === undefined) {
      args.alert(`'${name}' expects a delay as argument..`);
      return;
    }
    const time = parseTime(text, 'ms');
    if (time.ok && time.value > 0) set(target, time.value);
    else if (time.ok) args.alert(`invalid value 0 for argument '${name}' of server ${target.name}..`);
    else if (time.fault === 'character') {
      // HAProxy names 'agent-inter' here whatever the option is.
      args.alert(
        `unexpected character '${time.character}' in 'agent-inter' argument of server ${target.name}..`,
        `the value of '${name}' is a number with us, ms, s, m, h or d behind it`,
      );
    } else {
      args.alert(
        `timer overflow in argument <${text}> to <${name}> of server ${target.name}, maximum value is 2147483647 ms (~24.8 days)..`,
      );
    }
  });
}

function count(name: 'rise' | 'fall', doc: string): ServerKeyword {
  return option(name, '<count>', doc, ({ args, target }) => {
    const text = args.next();
    if (text === undefined) {
      args.alert(`'${name}' expects an integer argument..`);
      return;
    }
    const value = leadingInteger(text);
    if (value <= 0) args.alert(`'${name}' has to be > 0..`);
    else target.check[name] = value;
  });
}

registerKeywords(
  flag('check', 'Checks whether the server works, and leaves it alone while it does not.', (c) => {
    c.enabled = true;
  }),
  flag('no-check', 'Undoes `check` of a default-server line.', (c) => {
    c.enabled = false;
  }),
  flag('check-send-proxy', 'Starts checks with a PROXY protocol header.', (c) => {
    c.sendProxy = true;
  }),
  flag('no-check-send-proxy', 'Undoes `check-send-proxy` of a default-server line.', (c) => {
    c.sendProxy = false;
  }),
  flag('check-via-socks4', 'Checks through the SOCKS4 proxy of the server.', (c) => {
    c.viaSocks4 = true;
  }),
  delay('inter', 'Time between checks. Default: 2s.', ({ check }, ms) => {
    check.interMs = ms;
  }),
  delay('fastinter', 'Time between checks while the state changes. Default: inter.', ({ check }, ms) => {
    check.fastInterMs = ms;
  }),
  delay('downinter', 'Time between checks while the server is down. Default: inter.', ({ check }, ms) => {
    check.downInterMs = ms;
  }),
  count('rise', 'Good checks in a row that bring a server up. Default: 2.'),
  count('fall', 'Bad checks in a row that take a server down. Default: 3.'),
  option('addr', '<ipv4|ipv6>', 'Checks this address instead of that of the server.', ({ args, target }) => {
    const text = args.next();
    if (text === undefined) {
      args.alert("'addr' expects <ipv4|ipv6> as argument..");
      return;
    }
    const parsed = parseAddress(text, { port: 'optional', names: false });
    if (parsed.ok) target.check.address = parsed.value.address;
    else args.alert(`'addr' : ${parsed.message}.`);
  }),
  option('port', '<port>', 'Checks this port instead of that of the server.', ({ args, target }) => {
    const text = args.next();
    if (text === undefined) args.alert("'port' expects a port number as argument..");
    // 0 means that none was written, as for HAProxy.
    else target.check.port = leadingInteger(text) || undefined;
  }),
  option('agent-check', '', 'Asks an agent on the server how it is.', ({ target }) => {
    target.agent.enabled = true;
  }),
  option('no-agent-check', '', 'Undoes `agent-check` of a default-server line.', ({ target }) => {
    target.agent.enabled = false;
  }),
  delay('agent-inter', 'Time between questions to the agent. Default: 2s.', ({ agent }, ms) => {
    agent.interMs = ms;
  }),
  option('agent-addr', '<addr>', 'Where the agent is. Default: where the server is.', ({ args, target }) => {
    const text = args.next();
    if (text === undefined) args.alert("'agent-addr' expects an address as argument..");
    else {
      const parsed = parseAddress(text, { port: 'none', names: true });
      const isHost = parsed.ok && 'host' in parsed.value.address && !parsed.value.hasPort;
      if (isHost) target.agent.host = parsed.value.hostname ?? text;
      else args.alert(`parsing agent-addr failed. Check if '${text}' is correct address..`);
    }
  }),
  option('agent-port', '<port>', 'Port of the agent.', ({ args, target }) => {
    const text = args.next();
    if (text === undefined) {
      args.alert("'agent-port' expects a port number as argument..");
      // Nothing more has to be said of the agent then.
      target.agent.enabled = false;
    }
    // Larger numbers lose their upper bits, as for HAProxy; 0 means that none was written.
    else target.agent.port = leadingInteger(text) & 0xffff || undefined;
  }),
  option('agent-send', '<text>', 'What is sent to the agent, before it answers.', ({ args, target }) => {
    const text = args.next();
    if (text === undefined) args.alert("'agent-send' expects a string as argument..");
    else target.agent.send = text;
  }),
);
