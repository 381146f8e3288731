// Evaluates chains of converters as a thread would, on bytes that a test gives.

import type { Configuration } from '../../../../src/config/model.ts';
import { takes, textOf } from '../../../../src/expr/argument.ts';
import { cast } from '../../../../src/expr/casts.ts';
import { type Expression, linkExpression } from '../../../../src/expr/expression.ts';
import { registerFetches } from '../../../../src/expr/fetch-record.ts';
import type { Linker } from '../../../../src/expr/linker.ts';
import { readExpression, readWholeExpression } from '../../../../src/expr/parse-expression.ts';
import { PatternStore } from '../../../../src/expr/patterns/pattern-store.ts';
import { T_ANY, T_BIN, T_STR } from '../../../../src/expr/sample.ts';
import type { Scope } from '../../../../src/expr/scope.ts';
import { Variables } from '../../../../src/expr/variables.ts';
import { SocketAddress } from '../../../../src/protocol/socket-address.ts';
import { SharedState } from '../../../../src/state/shared-state.ts';
import '../../../../src/expr/all.ts';

let input: Uint8Array = new Uint8Array(0);

// As HAProxy's side of the comparison has them: the input as a binary, and as a string, of a type that only the value
// tells.
registerFetches({
  name: 'test.input',
  arguments: takes('string'),
  type: T_ANY,
  layers: ['constant'],
  doc: 'Bytes that a test gives.',
  manual: '',
  link: ([type]) => {
    if (textOf(type) === 'bin') return (_scope, sample) => sample.setBytes(T_BIN, input);
    return (_scope, sample) => sample.setBytes(T_BIN, input) && cast(sample, T_STR);
  },
});

export function localScope(): Scope {
  return {
    now: 0,
    sessionScope: {
      clientAddress: SocketAddress.parse('127.0.0.1') as SocketAddress,
      destinationAddress: () => SocketAddress.parse('127.0.0.1') as SocketAddress,
      variables: new Variables(),
      originalSource: () => SocketAddress.parse('127.0.0.1') as SocketAddress,
      originalDestination: () => SocketAddress.parse('127.0.0.1') as SocketAddress,
      isLocal: () => true,
      tcpInfo: () => -1,
      receivedHeader: false,
      authority: new Uint8Array(0),
      frontendScope: { id: 1, nameBytes: new Uint8Array(0), clientTimeoutMs: 0, defaultBackendName: null },
      listenerScope: { id: 1, nameBytes: null, connections: 0 },
      frontendIndex: -1,
      threadNumber: 1,
    },
    rawRequest: null,
    rawResponse: null,
    exchange: null,
    requestHead: null,
    requestBody: null,
    responseAwaited: false,
    responseBody: null,
    requestFacts: null,
    keptMethod: () => null,
    isFirstRequest: true,
    usesProxyHeaders: false,
    responseHead: null,
    responseStatus: 0,
    variables: new Variables(),
    requestVariables: new Variables(),
    responseVariables: new Variables(),
    logRecord: () => {
      throw new Error('converters have no log record');
    },
  };
}

function noPatterns(): PatternStore {
  const store = PatternStore.create({ lists: [], files: new Map(), names: new Map() }, 0);
  if (store === undefined) throw new Error('no memory for patterns');
  return store;
}

const linker: Linker = {
  configuration: { global: {}, proxies: [], defaults: [], facets: new Map() } as unknown as Configuration,
  shared: SharedState.create({ threads: 1, proxies: 0, servers: 0, listeners: 0 }),
  patterns: noPatterns(),
  frontendIndex: () => -1,
  backendIndex: () => -1,
  warn: () => undefined,
  keepRequestLine: () => {},
};

export type InputType = 'bin' | 'str';

export class LocalSamples {
  readonly #expressions: readonly Expression[];
  readonly #scope = localScope();

  /** `chains`: what follows the input, without the comma. */
  constructor(type: InputType, chains: readonly string[]) {
    this.#expressions = chains.map((chain) => {
      const text = `test.input(${type}),${chain}`;
      const read = readExpression(text, 0, { origin: { file: 'test', line: 1 }, proxy: 'p' });
      if ('error' in read) throw new Error(`${text}: ${read.error.stage} ${read.error.detail}`);
      if (read.end !== text.length) throw new Error(`${text}: ends at ${read.end}`);
      return linkExpression(read.expression, linker);
    });
  }

  /** The result of each chain as a binary; undefined where there is none. */
  evaluate(bytes: Uint8Array): (Buffer | undefined)[] {
    input = bytes;
    const before = Buffer.from(bytes);
    const scope = this.#scope;
    scope.variables?.clear();
    scope.requestVariables?.clear();
    scope.sessionScope.variables.clear();
    const results = this.#expressions.map((expression) => {
      if (!expression.evaluateAs(scope, T_BIN)) return undefined;
      const { u8, start, end } = expression.sample;
      return Buffer.from(u8.subarray(start, end));
    });
    if (!before.equals(bytes)) throw new Error('the input was written to');
    return results;
  }
}

/** What is wrong with an expression, in the words that HAProxy has for it; undefined when nothing is. */
export function refusalOf(text: string): string | undefined {
  const read = readWholeExpression(text, { origin: { file: 'test', line: 1 }, proxy: 'p' });
  return 'error' in read ? read.error.detail : undefined;
}
