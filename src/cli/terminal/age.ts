const STEPS = [
  [60, "s"],
  [60, "min"],
  [24, "h"],
  [365, "d"],
] as const;

/** How long ago a time (milliseconds since 1970) was, in its largest unit: `5 s`, `3 min`, `2 d`. */
export function age(since: number, now = Date.now()): string {
  let value = Math.max(0, Math.floor((now - since) / 1000));
  for (const [size, unit] of STEPS) {
    if (value < size) return `${value} ${unit}`;
    value = Math.floor(value / size);
  }
  return `${value} y`;
}
