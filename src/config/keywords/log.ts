/**
 * Where logs go and what a frontend's log lines look like.
 * Specification: configuration manual 3.1 `log`, 4.2 `log` and `option httplog` and siblings, 8; wording of errors as
 * HAProxy 2.6 gives them.
 */
import type { ArgumentReader } from '../argument-reader.ts';
import { type KeywordContext, type ProxyKeyword, registerKeywords } from '../keyword.ts';
import type { ProxyConfig } from '../model.ts';
import { readLogTarget } from './log-target.ts';
import { backSide, everywhere, frontSide, plainSwitch } from './proxy-option.ts';

type Preset = 'tcplog' | 'httplog' | 'clf' | 'httpslog';

const presetNames: Readonly<Record<Preset, string>> = {
  tcplog: 'option tcplog',
  httplog: 'option httplog',
  clf: 'option httplog clf',
  httpslog: 'option httpslog',
};

/** Only in `defaults` is a format that replaces another one worth a word. */
function setFormat(
  { args, target }: KeywordContext<ProxyConfig>,
  format: NonNullable<ProxyConfig['log']['format']>,
  name: string,
): void {
  const before = target.log.format;
  if (target.kind === 'defaults' && before !== undefined) {
    const previous =
      'text' in before ? 'log-format' : before.preset === 'default' ? '' : presetNames[before.preset];
    args.say(
      'warning',
      `parsing ${args.place}: '${name}' overrides previous '${previous}' in 'defaults' section.`,
    );
  }
  target.log.format = format;
}

function ignoredInBackends(name: string): Pick<ProxyKeyword, 'sections' | 'misplaced'> {
  return {
    sections: frontSide,
    misplaced: ({ args, target }, readAside) => {
      if (readAside()) args.warning(`backend '${target.name}' : '${name}' directive is ignored in backends.`);
    },
  };
}

function preset(name: 'tcplog' | 'httplog' | 'httpslog', doc: string): ProxyKeyword {
  return {
    scope: 'proxy',
    name: `option ${name}`,
    syntax: name === 'httplog' ? '[ clf ]' : '',
    doc,
    manual: '4.2',
    ...ignoredInBackends(`option ${name}`),
    parse: (context) => {
      const { args } = context;
      let chosen: Preset = name;
      if (name === 'httplog' && !args.done) {
        if (args.next() !== 'clf') {
          args.alert("keyword 'httplog' only supports option 'clf'.");
          return;
        }
        chosen = 'clf';
      }
      if (name === 'httpslog') args.rest();
      if (!args.expectEnd()) return;
      const origin = { file: args.line.file, line: args.line.line };
      setFormat(context, { preset: chosen, origin }, presetNames[chosen]);
    },
  };
}

function formatText(
  name: 'log-format' | 'log-format-sd' | 'error-log-format',
  field: 'format' | 'sdFormat' | 'errorFormat',
  doc: string,
): ProxyKeyword {
  return {
    scope: 'proxy',
    name,
    syntax: '<string>',
    doc,
    manual: '4.2',
    ...ignoredInBackends(name),
    parse: (context) => {
      const { args, target } = context;
      const text = args.next();
      if (text === undefined) {
        args.alert(`${name} expects an argument.`);
        return;
      }
      if (!args.done) {
        args.rest();
        args.alert(
          `${name} expects only one argument, don't forget to escape spaces!`,
          'put the whole format in double quotes',
        );
        return;
      }
      const origin = { file: args.line.file, line: args.line.line };
      if (field === 'format') setFormat(context, { text, origin }, name);
      else target.log[field] = { text, origin };
    },
  };
}

function readTag(args: ArgumentReader): string | undefined {
  const tag = args.next();
  if (tag === undefined) args.alert("'log-tag' expects a tag for use in syslog.");
  return tag;
}

registerKeywords(
  {
    scope: 'global',
    name: 'log',
    syntax:
      '<target> [len <length>] [format <format>] [sample <ranges>:<sample_size>] <facility> [<level> [<minlevel>]]',
    doc: 'A target for the logs of all proxies that say `log global`.',
    manual: '3.1',
    negatable: true,
    parse: ({ args, target, negated, reading }) => {
      if (negated) {
        if (args.done) target.logTargets = [];
        else args.alert("log : 'no log' does not expect arguments");
        return;
      }
      if (args.peek() === 'global' && args.peek(1) === undefined) {
        args.next();
        args.alert("log : 'global' is not supported for a global syslog server");
        return;
      }
      const logTarget = readLogTarget(args, reading.environment, '');
      if (logTarget !== undefined) target.logTargets.push(logTarget);
    },
  },
  {
    scope: 'global',
    name: 'log-tag',
    syntax: '<string>',
    doc: 'The name of the program in log lines. Default: haproxy.',
    manual: '3.1',
    parse: ({ args, target }) => {
      if (args.expectAtMost(1)) target.logTag = readTag(args) ?? target.logTag;
    },
  },
  {
    scope: 'global',
    name: 'log-send-hostname',
    syntax: '[<string>]',
    doc: 'Puts the host name, or the given one, in log lines.',
    manual: '3.1',
    parse: ({ args, target }) => {
      const name = args.next();
      if (target.logSendHostname !== undefined) {
        args.objection("'log-send-hostname' already specified. Continuing.");
        return;
      }
      // An empty name asks for that of the machine, which the process knows.
      target.logSendHostname = name ?? '';
    },
  },
  {
    scope: 'proxy',
    name: 'log',
    syntax:
      'global | <target> [len <length>] [format <format>] [sample <ranges>:<sample_size>] <facility> [<level> [<minlevel>]]',
    doc: 'Logs to the targets of the global section, or to one of the proxy.',
    manual: '4.2',
    sections: everywhere,
    negatable: true,
    parse: ({ args, target, negated, reading }) => {
      const { log } = target;
      if (negated) {
        if (args.done) {
          log.global = false;
          log.targets = [];
        } else args.alert("log : 'no log' does not expect arguments");
        return;
      }
      if (args.peek() === 'global' && args.peek(1) === undefined) {
        args.next();
        log.global = true;
        return;
      }
      const logTarget = readLogTarget(args, reading.environment, 'or global');
      if (logTarget !== undefined) log.targets.push(logTarget);
    },
  },
  {
    scope: 'proxy',
    name: 'log-tag',
    syntax: '<string>',
    doc: 'The name of the program in the log lines of this proxy.',
    manual: '4.2',
    sections: everywhere,
    parse: ({ args, target }) => {
      target.log.tag = readTag(args) ?? target.log.tag;
    },
  },
  preset('tcplog', 'Log lines with what is known of a TCP session.'),
  preset('httplog', 'Log lines with what is known of an HTTP exchange; `clf`: in the form of web servers.'),
  preset('httpslog', 'Log lines of `option httplog` with what is known of TLS.'),
  formatText('log-format', 'format', 'The form of the log lines.'),
  formatText('log-format-sd', 'sdFormat', 'The structured data of rfc5424 log lines.'),
  formatText('error-log-format', 'errorFormat', 'The form of log lines about connections that failed early.'),
  plainSwitch('dontlognull', frontSide, 'Does not log connections that sent nothing.'),
  plainSwitch('dontlog-normal', frontSide, 'Does not log what went well.'),
  plainSwitch('logasap', frontSide, 'Logs once the response starts, without waiting for its end.'),
  plainSwitch('log-separate-errors', frontSide, 'Logs what went wrong at level err.'),
  plainSwitch('log-health-checks', backSide, 'Logs every change of a health check.'),
);
