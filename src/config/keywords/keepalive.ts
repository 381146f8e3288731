/**
 * `clitcpka-*` and `srvtcpka-*`: when TCP keep-alive probes are sent.
 * Specification: configuration manual 4.2.
 */
import type { KeywordContext, ProxyKeyword } from '../keyword.ts';
import { registerKeywords } from '../keyword.ts';
import { lacking } from '../misplaced.ts';
import type { ProxyConfig } from '../model.ts';
import { millisecondsOf, parseTime } from '../time-and-size.ts';
import { backSide, frontSide } from './proxy-option.ts';

type Side = 'client' | 'server';

function record(
  side: Side,
  suffix: string,
  doc: string,
  parse: (context: KeywordContext<ProxyConfig>, name: string, text: string) => void,
): ProxyKeyword {
  const name = `${side === 'client' ? 'cli' : 'srv'}tcpka-${suffix}`;
  return {
    scope: 'proxy',
    name,
    syntax: suffix === 'cnt' ? '<count>' : '<timeout>',
    doc: `${doc} (towards ${side}s).`,
    manual: '4.2',
    sections: side === 'client' ? frontSide : backSide,
    parse: (context) => {
      const text = context.args.next();
      if (text === undefined) context.args.alert(`'${name}' expects an integer value`);
      else parse(context, name, text);
    },
    misplaced: ({ args, target }, readAside) => {
      if (readAside()) args.warning(`${name} will be ignored because ${lacking(target)}`);
    },
  };
}

function count(side: Side): ProxyKeyword {
  return record(
    side,
    'cnt',
    'Probes without an answer before the connection is dead',
    ({ args, target }, name, text) => {
      const bad = /^[+-]?[0-9]*(.?)/.exec(text)![1]!;
      if (bad !== '') args.alert(`'${name}' : unexpected character '${bad}' in integer value '${text}'`);
      else target.keepalive[side].count = Number(text);
    },
  );
}

function delay(
  side: Side,
  suffix: 'idle' | 'intvl',
  field: 'idleMs' | 'intervalMs',
  doc: string,
): ProxyKeyword {
  return record(side, suffix, doc, ({ args, target }, name, text) => {
    // A bare number is seconds, as in the kernel.
    const time = parseTime(text, 's');
    if (time.ok) target.keepalive[side][field] = time.value * millisecondsOf('s');
    else if (time.fault === 'character') {
      args.alert(`unexpected character '${time.character}' in argument to <${name}>.\n`);
    } else {
      args.alert(
        `timer overflow in argument '${text}' to '${name}' (maximum value is 2147483647 ms or ~24.8 days)`,
      );
    }
  });
}

registerKeywords(
  count('client'),
  count('server'),
  delay('client', 'idle', 'idleMs', 'Silence before the first probe'),
  delay('server', 'idle', 'idleMs', 'Silence before the first probe'),
  delay('client', 'intvl', 'intervalMs', 'Time between probes'),
  delay('server', 'intvl', 'intervalMs', 'Time between probes'),
);
