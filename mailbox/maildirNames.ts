/** A name that an export gives: the second of arrival, UID and UIDVALIDITY, and the file's size. */
export const exportedName = /^(\d+)\.U(\d+)V(\d+)\.homelab-mail,S=(\d+)(?::|$)/;
