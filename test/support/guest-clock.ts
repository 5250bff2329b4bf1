/** Prints the guest's clock in milliseconds since 1970, with BusyBox. */
export const SHELL_CLOCK = "adjtimex | awk '/tv_sec/ {s=$2} /tv_usec/ {print s*1000 + int($2/1000)}'";

/** How far the guest's clock is outside of the time of asking, in milliseconds: the best of five. */
export async function clockError(ask: () => Promise<string>): Promise<number> {
  const errors: number[] = [];
  for (let i = 0; i < 5; i++) {
    const from = Date.now();
    const guest = Number(await ask());
    const to = Date.now();
    errors.push(guest < from ? from - guest : Math.max(0, guest - to));
  }
  return Math.min(...errors);
}
