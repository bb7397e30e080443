// How a filter that is being written can go on.

import { WORDS, one } from "./filter.js";

/**
 * Texts that go on where a text ends: with a word of the language, or with a value of its last word.
 * @param {Object<string, string[]>} known values that the language itself does not name
 */
export function completions(text, known) {
  // Within quotes a text is searched for as it is.
  if (text.split('"').length % 2 === 0) return [];
  const [, before, last] = /^(.*?)([^\s"]*)$/s.exec(text);
  const [, name, begun] = /^([a-z]+):(.*)$/s.exec(last) ?? [];
  if (!name) {
    const words = Object.keys(WORDS).filter((word) => last !== "" && word.startsWith(last));
    return words.map((word) => `${before}${word}:`);
  }
  if (!Object.hasOwn(WORDS, name)) return [];
  const fits = (value) => value !== begun && value.toLowerCase().startsWith(begun.toLowerCase());
  const values = (WORDS[name].values ?? known[name] ?? []).filter(fits);
  return values.map((value) => before + one(name, value));
}
