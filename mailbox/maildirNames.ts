/** The name of a file in an export: the time of arrival in seconds, UID and UIDVALIDITY, and the file's size. */
export const exportedName = /^(\d+)\.U(\d+)V(\d+)\.homelab-mail,S=(\d+)(?::|$)/;
