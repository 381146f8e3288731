/**
 * A feature's own part of a section's configuration. The core model names what every proxy has; a feature folder keeps
 * what only it understands in a facet of its own, so that adding a feature does not touch the model.
 * Values must be plain data (structured clone carries them to the data threads).
 */
export interface FacetHolder {
  readonly facets: Map<string, unknown>;
}

export class Facet<T> {
  readonly name: string;
  private readonly create: () => T;
  /** Whether a proxy takes a copy of the value that its defaults section has. */
  readonly inherited: boolean;

  constructor(name: string, create: () => T, inherited = true) {
    this.name = name;
    this.create = create;
    this.inherited = inherited;
    if (facets.has(name)) throw new Error(`facet defined twice: ${name}`);
    facets.set(name, this);
  }

  /** The value, or undefined where the section never mentioned the feature. */
  read(holder: FacetHolder): T | undefined {
    // The map's values are untyped because each belongs to another feature; this name is only ever set below.
    return holder.facets.get(this.name) as T | undefined;
  }

  /** The value, made on first use. */
  of(holder: FacetHolder): T {
    let value = this.read(holder);
    if (value === undefined) {
      value = this.create();
      holder.facets.set(this.name, value);
    }
    return value;
  }

  clear(holder: FacetHolder): void {
    holder.facets.delete(this.name);
  }
}

const facets = new Map<string, Facet<unknown>>();

/** A deep copy of what a proxy inherits from its defaults section. */
export function inheritFacets(from: FacetHolder): Map<string, unknown> {
  const copy = new Map<string, unknown>();
  for (const [name, value] of from.facets) {
    if (facets.get(name)?.inherited) copy.set(name, structuredClone(value));
  }
  return copy;
}
