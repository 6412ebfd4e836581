/**
 * Data of which much is said again and again, as a text that says it once. What was said before is
 * called by its number: `[-1 - number]`. Else an array is `[form, …]`: a list has form 0, and each
 * other form is a list of keys.
 */

type Packed = string | number | boolean | null | Parts;
type Parts = readonly [form: number, ...Packed[]];

interface Whole {
  readonly forms: readonly (readonly string[])[];
  readonly value: Packed;
}

/** A text that is shorter than what it would be called by is said again. */
const least = 4;

/** Plain JSON data as a text. What JSON does not say, a property that is undefined, is left out. */
export function pack(value: unknown): string {
  const values = new Values();
  const said = new Map<number, number>();
  const packed = (id: number): Packed => {
    const { form, of } = values.at(id);
    if (form === null && !isLong(of)) return of;
    const number = said.get(id);
    if (number !== undefined) return [-1 - number];
    const whole: Packed = form === null ? of : [form, ...of.map(packed)];
    said.set(id, said.size);
    return whole;
  };
  const whole: Whole = { value: packed(values.idOf(value)), forms: values.forms };
  return JSON.stringify(whole);
}

/** What was packed, as it was; what was the same in several places is one object in all of them. */
export function unpack(text: string): unknown {
  const { forms, value }: Whole = JSON.parse(text);
  const said: unknown[] = [];
  const whole = (one: Packed): unknown => {
    if (isParts(one) && one[0] < 0) return said[-1 - one[0]];
    const made = isParts(one) ? madeOf(one) : one;
    if (isParts(one) || isLong(one)) said.push(made);
    return made;
  };
  const madeOf = (one: Parts): unknown => {
    const [form] = one;
    if (form === 0) return one.slice(1).map(whole);
    const keys = forms[form] ?? [];
    return Object.fromEntries(keys.map((key, at) => [key, whole(one[at + 1] ?? null)]));
  };
  return whole(value);
}

const isParts = (one: Packed): one is Parts => typeof one === 'object' && one !== null;
const isLong = (value: unknown): boolean => typeof value === 'string' && value.length >= least;

/** What has a form is made of other values, which stand here by their numbers. */
type Value =
  | { readonly form: null; readonly of: string | number | boolean | null }
  | { readonly form: number; readonly of: readonly number[] };

/** Each value that there is, once. */
class Values {
  readonly forms: (readonly string[])[] = [[]];
  readonly #all: Value[] = [];
  readonly #ids = new Map<string, number>();
  readonly #formIds = new Map<string, number>();

  at(id: number): Value {
    return this.#all[id] ?? { form: null, of: null };
  }

  idOf(value: unknown): number {
    if (typeof value !== 'object' || value === null) {
      const of = value as string | number | boolean | null;
      return this.#idOf(JSON.stringify(of) ?? 'null', { form: null, of });
    }
    const isList = Array.isArray(value);
    const keys = isList ? [] : Object.keys(value).filter((key) => isSaid(value, key));
    const parts = isList ? value : keys.map((key) => value[key as keyof typeof value]);
    const form = isList ? 0 : this.#formOf(keys);
    const of = parts.map((part) => this.idOf(part));
    return this.#idOf(`${form}:${of}`, { form, of });
  }

  /** Texts are in quotes, and what has parts has a colon in its name: none is called as another. */
  #idOf(name: string, value: Value): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    this.#ids.set(name, this.#all.length);
    return this.#all.push(value) - 1;
  }

  #formOf(keys: readonly string[]): number {
    const name = JSON.stringify(keys);
    const known = this.#formIds.get(name) ?? this.forms.push(keys) - 1;
    this.#formIds.set(name, known);
    return known;
  }
}

const isSaid = (value: object, key: string): boolean =>
  value[key as keyof typeof value] !== undefined;
