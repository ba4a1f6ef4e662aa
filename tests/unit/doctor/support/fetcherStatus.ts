import type { FolderObservation } from "../../../../doctor/checks/fetching/collect";

const none = { count: 0, reasons: [] } as const;

/** A folder in which nothing waits. */
export const emptyFolder: FolderObservation = { folder: "INBOX", left: none, setAside: none };
