/**
 * HTML as values: what a template interpolates is text and is escaped, unless it is HTML already. There is no other
 * way to make HTML here, so nothing that a stranger named can become markup.
 *
 * Interpolate into text and into attributes in double quotes only.
 *
 * @module
 */

const MARKUP: unique symbol = Symbol("markup");

/** Markup that was made by {@link html} or vouched for by {@link raw}. */
export interface Html {
  readonly [MARKUP]: string;
}

/** What a template takes; `undefined` and `false` become nothing, lists are joined. */
export type Content = Html | string | number | undefined | false | readonly Content[];

/** The template: markup around escaped content. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  const parts = strings.flatMap((string, i) => [
    string,
    i < values.length ? render(values[i]) : "",
  ]);
  return raw(parts.join(""));
}

/** Vouches for markup: only for constants of this program, never for anything that was read. */
export function raw(markup: string): Html {
  return { [MARKUP]: markup };
}

/** The markup of content as a string, to be sent. */
export function render(content: Content): string {
  if (content === undefined || content === false) return "";
  if (typeof content === "string" || typeof content === "number") return escapeHtml(`${content}`);
  if (isList(content)) return content.map(render).join("");
  return content[MARKUP];
}

function isList(content: Html | readonly Content[]): content is readonly Content[] {
  return Array.isArray(content);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Text in HTML. What cannot be seen is shown as its code point: control characters, and those that turn the direction
 * of writing, which would let `exe.3gp` pass for what it is not. Line ends and tabs stay.
 *
 * @see https://trojansource.codes
 */
function escapeHtml(text: string): string {
  return text
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "")
    .replaceAll(/[^\P{C}\n\t]|[\u2028\u2029]/gu, (character) => {
      const point = character.codePointAt(0) ?? 0;
      return `\\u{${point.toString(16)}}`;
    });
}
