/**
 * A variable of any scope, as expressions and rules reach it: the name is resolved when they are linked, the scope's
 * values are found where they are evaluated. A scope that does not exist there has no values.
 * Specification: configuration manual 2.8 (scopes), 4.2 `http-request set-var`.
 */
import type { VariableScope } from './argument.ts';
import type { Sample } from './sample.ts';
import type { Scope } from './scope.ts';
import { parseVariableName } from './variable-name.ts';
import { Variables, variableSlot } from './variables.ts';

/**
 * Variables of the process. Each thread has its own so far.
 * HOOK: to be shared over threads, in src/state. ScopedVariable.in is the only place that reaches them.
 */
export const processVariables = new Variables();

export class ScopedVariable {
  private readonly scope: VariableScope;
  readonly slot: number;

  constructor(scope: VariableScope, name: string) {
    this.scope = scope;
    this.slot = variableSlot(name);
  }

  /** By its full name. Undefined when the text is none. */
  static of(text: string): ScopedVariable | undefined {
    const parsed = parseVariableName(text);
    return 'error' in parsed ? undefined : new ScopedVariable(parsed.scope, parsed.name);
  }

  /** Variables of the process exist from the start, whether they are set or not. */
  get existsAlways(): boolean {
    return this.scope === 'proc';
  }

  /** The values of its scope, or null where that does not exist. */
  in(scope: Scope): Variables | null {
    switch (this.scope) {
      case 'proc':
        return processVariables;
      case 'sess':
        return scope.sessionScope.variables;
      case 'txn':
        return scope.variables;
      case 'req':
        return scope.requestVariables;
      case 'res':
        return scope.responseVariables;
      case 'check':
        return scope.checkVariables ?? null;
    }
  }

  /** False when it is not set. */
  get(scope: Scope, into: Sample): boolean {
    return this.in(scope)?.get(this.slot, into) === true;
  }

  has(scope: Scope): boolean {
    return this.in(scope)?.has(this.slot) === true;
  }

  /** False when there is no such scope here. */
  set(scope: Scope, sample: Sample): boolean {
    const variables = this.in(scope);
    variables?.set(this.slot, sample);
    return variables !== null;
  }

  /** False when there is no such scope here. */
  unset(scope: Scope): boolean {
    const variables = this.in(scope);
    variables?.unset(this.slot);
    return variables !== null;
  }
}
