/**
 * Variables of one scope: of a session, a transaction, a request, a response, a check. Names are turned into slots when
 * expressions are linked, so that nothing looks a name up while traffic flows. Values are copies, kept in objects that
 * are used again.
 * Specification: configuration manual 4.2 `http-request set-var`.
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

class Value extends Sample {
  isSet = false;
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
    } else this.copyAddress(sample);
    this.isSet = true;
  }
}

/** Never written to. */
const NO_VALUES: (Value | undefined)[] = [];

export class Variables {
  /** Empty for all until one of them gets a value. */
  private values: (Value | undefined)[] = NO_VALUES;
  private count = 0;

  set(slot: number, sample: Sample): void {
    let value = this.values[slot];
    if (value === undefined) {
      if (this.values === NO_VALUES) this.values = [];
      value = new Value();
      this.values[slot] = value;
    }
    if (!value.isSet) this.count++;
    value.keep(sample);
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
  }

  /** Forgets all values; their memory is used again. */
  clear(): void {
    if (this.count === 0) return;
    for (let slot = 0; slot < this.values.length; slot++) this.unset(slot);
  }
}
