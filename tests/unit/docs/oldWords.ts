/** A word that this project once had for something that the field has a word for. */
export interface OldWord {
  readonly pattern: RegExp;
  readonly instead: string;
}

const word = (pattern: RegExp, instead: string): OldWord => ({ pattern, instead });

/** Patterns are narrow: each match is the old meaning, never an ordinary use of the word. */
export const oldWords: readonly OldWord[] = [
  word(/\bstand-?ins?\b|[sS]tandIns?(?![a-z])/i, "fake"),
  word(/\bplay(s|ed)\b|make-believe/i, "fake, simulated"),
  word(/verdict/i, "result, or evaluate"),
  word(/\b(a|one|each|every|another|first|next|last) look\b|lookAtAll|\blooksAt\b|LooksArgs/i, "check"),
  word(/\bmend(s|ed|ing)?\b/i, "fix"),
  word(/\bdoors?\b|[a-z]Doors?\b|\b(d|[a-z]+D)oor[A-Z]|\bDoor[A-Z]/, "exposure, endpoint"),
  word(/whereabouts/i, "controllerDefaults"),
  word(/\bcouriers?\b(?!-)/, "direct delivery"),
  word(/\bkeepers?\b/i, "keep-copy worker"),
  word(/beyond.hope/i, "permanently rejected"),
  word(/caretaker/i, "system account"),
  word(/unawaited|\binTurn\b/, "skipAwait, deleteFirst"),
  word(/knock/i, "connect, probe"),
  word(/undertak/i, "clean up"),
  word(/patience/i, "timeout"),
  word(/(?<!certificate[ -])\bauthorit(y|ies)\b|private authorit|[aA]uthoritiesFile/i, "CA"),
  word(
    /\b(one|two) (fetcher|fetchmail|process|operation|account|method|line|word|group|folder|message|duplicate|login|password|sample|byte|setting|page|row|id) an? /i,
    "per",
  ),
  word(/\bpeople('s)?\b|[a-z]People\b|\bpeople[A-Z]/i, "users"),
  word(/\b(the|a|its|one|their) ways? in\b(?! which)|wayIn\b|WayIn\b/i, "ingress"),
  word(/\b(is|are|was|were|goes|went) away\b/i, "is not running, unreachable"),
  word(/\bhear(s|d)? of\b/i, "a verb that a process can do"),
  word(/nobody knows/i, "is not set, is unknown"),
  word(/\b(notEverybody|narrowEnough|asServerWrites|demandOperator|whatToTry|firstPromises)\b/, "a plain name"),
  word(/\btype Site\b|: Site\b|\bSite(Options|s\b)/, "BaseUrl, SandboxCluster"),
  word(/\b[Rr]ecipes?\b/, "module, steps"),
  word(/live\/promises|tools\/recipes|\bdoctor\/looks\b/, "scenarios, modules, checks"),
  word(/(?<!work)\b[sS]tations?\b|[a-z]Station\b|StationOptions/, "fetcher, FetcherFixture"),
  word(/\bledgers?\b/i, "delivery log"),
  word(/\b(station|rig)\.front\b|provider\/front\b|\bFrontOptions\b|\bnew Front\(/, "faulty proxy"),
  word(/\b(new Rig\(|Rig\.create|let rig|rig\.(station|fetcher|provider|destroy)\b)|RIG_[A-Z]/, "harness"),
];
