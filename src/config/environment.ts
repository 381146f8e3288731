/**
 * The variables that `"$NAME"` sees while the configuration is read: a copy of the process's environment that
 * `setenv`, `presetenv`, `unsetenv` and `resetenv` change for the lines behind them, and the pseudo-variables that
 * tell the place. It never touches `process.env`: who starts other programs asks for `toObject()`.
 * Specification: configuration manual, 2.3 and 3.1.
 */
import { fromByteText, toByteText } from './byte-text.ts';

export class Environment {
  private readonly variables = new Map<string, string>();
  /** `.FILE`, `.LINE` and `.SECTION`; set by whoever walks over the lines. */
  file = '';
  line = 0;
  section = '';

  constructor(variables: Readonly<Record<string, string | undefined>> = {}) {
    for (const [name, value] of Object.entries(variables)) {
      if (value !== undefined) this.variables.set(toByteText(name), toByteText(value));
    }
  }

  /** The value as byte text; undefined where there is no such variable. */
  get(name: string): string | undefined {
    if (name === '.FILE') return this.file;
    if (name === '.LINE') return String(this.line);
    if (name === '.SECTION') return this.section;
    return this.variables.get(name);
  }

  set(name: string, value: string): void {
    this.variables.set(name, value);
  }

  /** Sets only what is not there yet. */
  preset(name: string, value: string): void {
    if (!this.variables.has(name)) this.variables.set(name, value);
  }

  unset(name: string): void {
    this.variables.delete(name);
  }

  /** Removes everything but the given names. */
  reset(keep: readonly string[]): void {
    for (const name of this.variables.keys()) if (!keep.includes(name)) this.variables.delete(name);
  }

  toObject(): Record<string, string> {
    const out: Record<string, string> = {};
    for (const [name, value] of this.variables) out[fromByteText(name)] = fromByteText(value);
    return out;
  }
}
