/** What a partner sent, or a person typed, is not as the documents say it must be. */
export class Refused extends Error {
  constructor(
    readonly reason: string,
    sentence = "",
    readonly position?: number,
  ) {
    super(sentence ? `${reason}: ${sentence}` : reason);
  }
}

export function require(holds: boolean, reason: string, sentence = ""): asserts holds {
  if (!holds) throw new Refused(reason, sentence);
}

/** Refuses for another reason what `run` refuses. */
export function as<T>(reason: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new Refused(reason, String(error));
  }
}
