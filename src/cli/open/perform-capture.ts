import { captureByDaemon, noteInDocument } from "../../client/index.ts";
import type { Isolation, SafeForm } from "../../contract/index.ts";
import { MayflyError, neutralise, parseTime } from "../../foundation/index.ts";
import type { CaptureRequest, OpenStage } from "../../sdk/index.ts";
import { doing } from "../by-daemon.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { policyFrom } from "../policy/located.ts";
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
  readonly embedded?: boolean;
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
  const { quiet = false, json = false, yes = false, embedded = false, rules } = options;
  const result = await withProgress({ quiet: quiet || json, invocation }, async (work) => {
    const { progress, signal } = work;
    const onStage = (stage: OpenStage): void => {
      progress.report({ step: `Capturing ${neutralise(address, 80)}`, detail: DOING[stage] });
    };
    const told = { ...request, signal, onStage };
    return await doing({ profile: "browser", limits: request.limits, rules, embedded, yes }, work, {
      byDaemon: async (door) => await captureByDaemon(door, address, told),
      here: async (mayfly) => await mayfly.capture(address, told),
      note: noteInDocument,
    });
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
    policy: await policyFrom(options),
  };
}

function time(text: string): number {
  const milliseconds = parseTime(text);
  if (milliseconds !== undefined) return milliseconds;
  throw new MayflyError("E_USAGE", `"${neutralise(text, 40)}" is not a time`, {
    next: "Write it as in --wait 90s or --wait 5m.",
  });
}
