/** One thing that a person may want to know while something takes its time. */
export interface ProgressEvent {
  /** What is being done, in the present tense: `Downloading packages`. */
  readonly step: string;
  /** More of it, one neutralised line. */
  readonly detail?: string;
  /** 0 … 1, of this step. */
  readonly fraction?: number;
}

export type Progress = (event: ProgressEvent) => void;
