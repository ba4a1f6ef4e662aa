import { nonEmptyText, port, requiredSecret, requiredText } from "./values";

/** The keys of a login at an IMAP server elsewhere, whose host has a key before them. */
export const login = {
  port: port(993, { description: "Its port; implicit TLS" }),
  user: requiredText(
    { description: "The login there, usually the old address; may be secret", example: "kinga@example.org" },
    nonEmptyText,
  ),
  password: requiredSecret("Its password; with two-step verification an app password that was made there for this"),
};
