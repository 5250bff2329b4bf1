import type { Isolation, SafeForm } from "../../contract/index.ts";
import { MayflyError, neutralise, parseTime } from "../../foundation/index.ts";
import { Mayfly, locatePolicy, type CaptureRequest, type OpenStage } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { requireSystem } from "../readiness.ts";
import { limitsFrom } from "../run/limit-options.ts";
import { withProgress } from "../terminal/with-progress.ts";
import { jsonOf, tellResult } from "./tell.ts";

/** What commander gives. */
export interface CaptureOptions {
  readonly as?: readonly string[];
  readonly width?: number;
  readonly wait?: string;
  readonly quality?: number;
  readonly out?: string;
  readonly force?: boolean;
  readonly allow?: readonly string[];
  readonly rules?: readonly string[];
  readonly policy?: string;
  readonly pcap?: string;
  readonly isolation?: Isolation;
  readonly json?: boolean;
  readonly report?: boolean;
  readonly quiet?: boolean;
  readonly yes?: boolean;
}

const DOING: Readonly<Record<OpenStage, string>> = {
  opening: "starting its micro-VM",
  converting: "loading it",
  recognising: "recognising text",
  writing: "writing the safe copies",
};

/** Captures a page as the command line says and tells what came of it. @returns the exit status */
export async function performCapture(
  address: string,
  options: CaptureOptions,
  invocation: Invocation,
): Promise<number> {
  const request = await requestFrom(options);
  const { quiet = false, json = false, yes = false } = options;
  const result = await withProgress({ quiet: quiet || json, invocation }, async ({ progress, signal }) => {
    await requireSystem({ progress, yes, signal });
    await using mayfly = await Mayfly.open({ progress: progress.report, signal, rules: options.rules });
    await mayfly.prepare("browser", { limits: request.limits });
    const onStage = (stage: OpenStage): void => {
      progress.report({ step: `Capturing ${neutralise(address, 80)}`, detail: DOING[stage] });
    };
    return await mayfly.capture(address, { ...request, signal, onStage });
  });
  if (json) writeJson(jsonOf(result));
  else tellResult(result, { quiet });
  return result.exitCode === 0 ? 0 : (invocation.interruption.status ?? result.exitCode);
}

async function requestFrom(options: CaptureOptions): Promise<CaptureRequest> {
  const { as, width, wait, quality, out, force, pcap, isolation, report } = options;
  return {
    as: as as readonly SafeForm[] | undefined,
    ...{ width, quality, out, force, pcap, isolation, report },
    wait: wait === undefined ? undefined : time(wait),
    limits: limitsFrom({ ...options }),
    policy: await locatePolicy({ file: options.policy, allow: options.allow }),
  };
}

function time(text: string): number {
  const milliseconds = parseTime(text);
  if (milliseconds !== undefined) return milliseconds;
  throw new MayflyError("E_USAGE", `"${neutralise(text, 40)}" is not a time`, {
    next: "Write it as in --wait 90s or --wait 5m.",
  });
}
