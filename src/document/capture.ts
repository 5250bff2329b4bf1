import { Readable } from "node:stream";
import type { CaptureChoices, OpenResult, TaskResult } from "../contract/index.ts";
import { prepareOutputDirectory, runTask, type TaskMachine, type TaskNetworkHost } from "../task/index.ts";
import { admitAddress, admitCapture, type AdmittedCapture } from "./capture-request.ts";
import { unreachable } from "./capture-failure.ts";
import { MOST_PIXELS } from "./conversation/index.ts";
import { openForms, requireFree } from "./forms/index.ts";
import { Intake } from "./intake.ts";
import type { OpenHost } from "./open.ts";
import { ResultBuilder } from "./result.ts";

/** The profile whose template has a browser running. */
export const BROWSER = "browser";
const CAPTURE = "/usr/lib/mayfly/display/capture";
/** Bytes that the browser's machine may send: one page of pixels, and its text. */
const MOST_SENT = 2 ** 30;
/** Height of the window that a page is laid out for, in pixels. */
const VIEW = 800;

interface CaptureHost extends Omit<OpenHost, "onPage"> {
  readonly network?: TaskNetworkHost | undefined;
}

/**
 * Loads a web page in a micro-VM of its own and makes safe copies of what is seen there: address → names → micro-VM →
 * records → forms → places, as with documents. Resolves whatever the outcome; rejects never.
 */
export async function captureAddress(
  address: string,
  asked: CaptureChoices,
  host: CaptureHost,
): Promise<OpenResult> {
  const result = new ResultBuilder(address);
  try {
    host.onStage?.("opening");
    const { url, host: name } = admitAddress(address);
    const admitted = admitCapture(asked);
    const { forms, out, force } = admitted.choices;
    const directory = await prepareOutputDirectory(out ?? ".");
    const place = { directory, stem: `${name}.safe`, force };
    await requireFree(forms, place);
    const { intake, report } = await load(url, place, { ...admitted, host });
    try {
      result.converted(intake, report);
    } catch (cause) {
      throw unreachable(cause, name, report.network);
    }
  } catch (cause) {
    result.failed(cause);
  }
  return result.build();
}

interface Place {
  readonly directory: string;
  readonly stem: string;
  readonly force: boolean;
}

async function load(
  url: string,
  place: Place,
  { host, choices, width, seconds, network }: AdmittedCapture & { host: CaptureHost },
): Promise<{ intake: Intake; report: TaskResult }> {
  const { microvisor, reporting, rules, signal, onStage } = host;
  const { forms, quality, room, limits, isolation } = choices;
  let machine: TaskMachine | undefined;
  const intake = new Intake({
    choices,
    recognise: undefined,
    openForms: async () => {
      const staging = machine?.claimDirectory(place.directory) ?? "";
      const origin = { name: url, sha256: "", url, at: new Date() };
      return await openForms(forms, { staging, ...place, quality, room, origin });
    },
    onPage: () => undefined,
    onWriting: () => onStage?.("writing"),
  });
  const said = {
    width,
    forms,
    limits: { view: VIEW, width: MOST_WIDTH, height: MOST_HEIGHT, pixels: MOST_PIXELS, seconds },
  };
  try {
    const report = await runTask(
      {
        profile: BROWSER,
        command: [CAPTURE, url],
        limits: { outputBytes: MOST_SENT, ...limits },
        isolation,
        policy: { network },
      },
      {
        ...{ microvisor, reporting, rules, signal, network: host.network },
        asked: ["capture", url, "--as", forms.join(",")],
        io: { stdin: Readable.from([`${JSON.stringify(said)}\n`]), stdout: intake.take },
        onMachine: (made) => {
          machine = made;
          onStage?.("converting");
        },
      },
    );
    return { intake, report };
  } finally {
    await intake.abandon();
  }
}

/** Pixels of a captured page; what is wider or higher is cut there, and a warning says so. */
const MOST_WIDTH = 4_096;
const MOST_HEIGHT = 16_384;
