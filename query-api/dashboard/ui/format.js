// Numbers and words as people read them.

const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat();
const precise = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });

/** 1234 as `1.2K`. */
export const short = (number) => compact.format(number);

/** 1234 as `1,234`. */
export const full = (number) => whole.format(number);

/** A measured number, with at most two decimals; a dash where there is none. */
export const measured = (number, unit = "") =>
  number === null || number === undefined ? "–" : `${precise.format(number)}${unit}`;

/** `1 error`, `2 errors`. */
export const count = (number, one, many = `${one}s`) => `${full(number)} ${number === 1 ? one : many}`;

/** Seconds as `5 min`, `2 h`. */
export function duration(seconds) {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

/** Bytes as `1.2 MB`. */
export function bytes(number) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = Math.min(Math.floor(Math.log10(Math.max(number, 1)) / 3), units.length - 1);
  return `${precise.format(number / 1000 ** power)} ${units[power]}`;
}
