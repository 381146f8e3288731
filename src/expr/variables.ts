/**
 * Variables of one scope: of a session, a transaction, a request, a response, a check. Names are turned into slots when
 * expressions are linked, so that nothing looks a name up while traffic flows. Values are copies, kept in objects that
 * are used again.
 * Specification: configuration manual 4.2 `http-request set-var`, 3.2 `tune.vars.*-max-size`.
 */
import { hasBytes, Sample } from './sample.ts';

const slots = new Map<string, number>();

/** The slot of a name (without its scope). Per thread. */
export function variableSlot(name: string): number {
  let slot = slots.get(name);
  if (slot === undefined) {
    slot = slots.size;
    slots.set(name, slot);
  }
  return slot;
}

/** Names by slot, for listings. */
export function variableNames(): Iterable<readonly [string, number]> {
  return slots;
}

/** What a variable is counted as, beside its bytes (tune.vars limits). */
export const VARIABLE_BYTES = 48;

/** A limit on the memory of several scopes; those inside another count there too. */
export class VariableBudget {
  used = 0;
  readonly limitBytes: number;
  private readonly outer: VariableBudget | null;

  /** `limitBytes`: 0 for none. */
  constructor(limitBytes: number, outer: VariableBudget | null) {
    this.limitBytes = limitBytes;
    this.outer = outer;
  }

  take(bytes: number): boolean {
    if (this.limitBytes > 0 && this.used + bytes > this.limitBytes) return false;
    if (this.outer !== null && !this.outer.take(bytes)) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
    this.outer?.give(bytes);
  }
}

class Value extends Sample {
  isSet = false;
  /** What the budget was charged. */
  charged = 0;
  private own: Uint8Array = new Uint8Array(0);

  keep(sample: Sample): void {
    this.type = sample.type;
    this.integer = sample.integer;
    if (hasBytes(sample.type)) {
      const length = sample.end - sample.start;
      if (this.own.length < length) this.own = new Uint8Array(Math.max(length, 2 * this.own.length, 32));
      const { own } = this;
      for (let i = 0; i < length; i++) own[i] = sample.u8[sample.start + i] as number;
      this.u8 = own;
      this.start = 0;
      this.end = length;
    } else this.address.set(sample.address);
    this.isSet = true;
  }
}

export class Variables {
  private readonly values: (Value | undefined)[] = [];
  private readonly budget: VariableBudget | null;
  private count = 0;

  constructor(budget: VariableBudget | null = null) {
    this.budget = budget;
  }

  /** False when the budget does not allow it; the variable is unset then. */
  set(slot: number, sample: Sample): boolean {
    let value = this.values[slot];
    if (value === undefined) {
      value = new Value();
      this.values[slot] = value;
    }
    if (this.budget !== null) {
      const cost = VARIABLE_BYTES + (hasBytes(sample.type) ? sample.end - sample.start : 0);
      if (value.isSet) this.budget.give(value.charged);
      value.charged = cost;
      if (!this.budget.take(cost)) {
        if (value.isSet) this.count--;
        value.isSet = false;
        return false;
      }
    }
    if (!value.isSet) this.count++;
    value.keep(sample);
    return true;
  }

  has(slot: number): boolean {
    return this.values[slot]?.isSet === true;
  }

  /** Copies the value out: its bytes stay the variable's own. False when it is not set. */
  get(slot: number, into: Sample): boolean {
    const value = this.values[slot];
    if (value === undefined || !value.isSet) return false;
    into.copyFrom(value);
    into.mayChange = false;
    return true;
  }

  unset(slot: number): void {
    const value = this.values[slot];
    if (value === undefined || !value.isSet) return;
    value.isSet = false;
    this.count--;
    this.budget?.give(value.charged);
  }

  /** Forgets all values; their memory is used again. */
  clear(): void {
    if (this.count === 0) return;
    for (let slot = 0; slot < this.values.length; slot++) this.unset(slot);
  }
}
