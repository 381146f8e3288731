/**
 * Lookups of keys that no hash finds (ranges, networks with holes in their masks, expressions): each thread keeps what it
 * made of them, and makes it anew when the list of them has changed.
 */
import {
  ENTRY_GENERATION,
  ENTRY_KEY,
  ENTRY_KEY_LENGTH,
  IX_SPECIAL_COUNT,
  IX_SPECIAL_FIRST,
  IX_SPECIAL_VERSION,
  NODE_ENTRY,
  NODE_NEXT,
} from './pattern-layout.ts';
import { PatternLookup } from './pattern-lookup.ts';

export abstract class SpecialLookup extends PatternLookup {
  /** There are some. */
  protected hasSpecials = false;
  private specialVersion = 0;
  private specialGeneration = 0;

  protected override needsFreeze(): boolean {
    const { words, index } = this;
    return (
      words[index + IX_SPECIAL_VERSION] !== this.specialVersion ||
      // A generation that is committed makes others of them count.
      (this.generation !== this.specialGeneration &&
        (this.hasSpecials || (words[index + IX_SPECIAL_COUNT] as number) > 0))
    );
  }

  protected override refreshFrozen(): void {
    const { words, index } = this;
    this.specialVersion = words[index + IX_SPECIAL_VERSION] as number;
    this.specialGeneration = this.generation;
    const entries: number[] = [];
    for (
      let node = words[index + IX_SPECIAL_FIRST] as number;
      node !== 0;
      node = words[node + NODE_NEXT] as number
    ) {
      const entry = words[node + NODE_ENTRY] as number;
      if (words[entry + ENTRY_GENERATION] === this.generation) entries.push(entry);
    }
    this.hasSpecials = entries.length > 0;
    this.takeSpecials(entries);
  }

  /** In the order of the list, which is frozen. */
  protected abstract takeSpecials(entries: readonly number[]): void;

  protected keyText(entry: number): string {
    return this.textAt(
      this.words[entry + ENTRY_KEY] as number,
      this.words[entry + ENTRY_KEY_LENGTH] as number,
    );
  }

  protected textAt(start: number, length: number): string {
    return Buffer.from(this.bytes.slice(start, start + length)).toString('latin1');
  }
}
