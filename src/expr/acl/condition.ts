/**
 * Linked conditions. A condition is asked with every rule, so it allocates nothing, and it stops at the first term that
 * decides. While more bytes may arrive an answer can be UNKNOWN: the rule waits (`tcp-request inspect-delay`).
 * Specification: configuration manual 7.2.
 */

import { type Expression, linkExpression } from '../expression.ts';
import { fetchRecords } from '../fetch-record.ts';
import type { Linker } from '../linker.ts';
import { linkPatterns, type Patterns } from '../patterns/patterns.ts';
import type { Scope } from '../scope.ts';
import type { AclConfig, ConditionConfig } from './acl-config.ts';

export const FAILS = 0;
export const HOLDS = 1;
/** Not before more has arrived. */
export const UNKNOWN = 2;

class Acl {
  private readonly expression: Expression;
  private readonly patterns: Patterns;
  /** What it looks at is part of an HTTP response. */
  private readonly ofResponse: boolean;

  constructor(config: AclConfig, linker: Linker) {
    this.ofResponse = isOfResponse(config);
    this.expression = linkExpression(config.expression, linker);
    this.patterns = linkPatterns(config.patterns, linker);
  }

  evaluate(scope: Scope, final: boolean): number {
    const { expression, patterns } = this;
    const { sample } = expression;
    sample.final = final;
    if (expression.hasSeveral) return this.evaluateEach(scope, final);
    if (expression.evaluate(scope) && patterns.matches(sample)) return HOLDS;
    return this.open(scope, final);
  }

  private evaluateEach(scope: Scope, final: boolean): number {
    const { expression, patterns } = this;
    const { sample } = expression;
    for (let index = 0; expression.evaluateEach(scope, index); index++) {
      if (!expression.dropped && patterns.matches(sample)) return HOLDS;
    }
    return this.open(scope, final);
  }

  /** It does not hold yet: UNKNOWN while that may change. */
  private open(scope: Scope, final: boolean): number {
    if (final) return FAILS;
    return this.expression.sample.mayChange || (this.ofResponse && scope.responseAwaited) ? UNKNOWN : FAILS;
  }
}

function isOfResponse({ expression }: AclConfig): boolean {
  const layers = fetchRecords().get(expression.fetch.name)?.layers ?? [];
  return layers.includes('response') || layers.includes('responseKept');
}

class Term {
  private readonly acls: readonly Acl[];
  private readonly negated: boolean;

  constructor(acls: readonly Acl[], negated: boolean) {
    this.acls = acls;
    this.negated = negated;
  }

  evaluate(scope: Scope, final: boolean): number {
    let result = FAILS;
    const { acls } = this;
    for (let i = 0; i < acls.length && result !== HOLDS; i++) {
      const one = (acls[i] as Acl).evaluate(scope, final);
      if (one !== FAILS) result = one;
    }
    if (!this.negated || result === UNKNOWN) return result;
    return result === HOLDS ? FAILS : HOLDS;
  }
}

export class Condition {
  private readonly alternatives: readonly (readonly Term[])[];
  private readonly unless: boolean;

  constructor(alternatives: readonly (readonly Term[])[], unless: boolean) {
    this.alternatives = alternatives;
    this.unless = unless;
  }

  /** Everything that may arrive has: the answer is HOLDS or FAILS. */
  holds(scope: Scope): boolean {
    return this.evaluate(scope, true) === HOLDS;
  }

  evaluate(scope: Scope, final: boolean): number {
    let result = FAILS;
    const { alternatives } = this;
    for (let i = 0; i < alternatives.length && result !== HOLDS; i++) {
      const one = all(alternatives[i] as readonly Term[], scope, final);
      if (one !== FAILS) result = one;
    }
    if (!this.unless || result === UNKNOWN) return result;
    return result === HOLDS ? FAILS : HOLDS;
  }
}

function all(terms: readonly Term[], scope: Scope, final: boolean): number {
  let result = HOLDS;
  for (let i = 0; i < terms.length; i++) {
    const one = (terms[i] as Term).evaluate(scope, final);
    if (one === FAILS) return FAILS;
    if (one === UNKNOWN) result = UNKNOWN;
  }
  return result;
}

/** ACLs that several conditions name are linked once a thread. */
const linked = new WeakMap<AclConfig, Acl>();

export function linkCondition(config: ConditionConfig, linker: Linker): Condition {
  const alternatives = config.alternatives.map((terms) =>
    terms.map(
      (term) =>
        new Term(
          term.acls.map((acl) => linkAcl(acl, linker)),
          term.negated,
        ),
    ),
  );
  return new Condition(alternatives, config.unless);
}

function linkAcl(config: AclConfig, linker: Linker): Acl {
  let acl = linked.get(config);
  if (acl === undefined) {
    acl = new Acl(config, linker);
    linked.set(config, acl);
  }
  return acl;
}
