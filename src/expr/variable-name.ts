/**
 * Names of variables: `scope.name`. Specification: configuration manual 4.2 `http-request set-var`; wording of messages
 * as HAProxy 2.6.
 */
import { type VariableScope, variableScopes } from './argument.ts';

export interface VariableName {
  readonly scope: VariableScope;
  readonly name: string;
}

/** The parts of a name, or what is wrong with it. */
export function parseVariableName(text: string): VariableName | { readonly error: string } {
  const dot = text.indexOf('.');
  const word = dot < 0 ? text : text.slice(0, dot);
  const scope = variableScopes.find((each) => each === word);
  const name = text.slice(dot + 1);
  if (dot < 0 || scope === undefined || name === '') {
    return {
      error: `invalid variable name '${text}'. A variable name must be start by its scope. The scope can be 'proc', 'sess', 'txn', 'req', 'res' or 'check'`,
    };
  }
  const bad = /[^A-Za-z0-9_.]/.exec(name);
  if (bad !== null) return { error: `invalid syntax at char '${name.slice(bad.index)}'` };
  return { scope, name };
}
