import { meaningOf, specialFolder } from "../../../import/labelNames";
import { commaSeparated, gmailLabels } from "../../../import/message";
import { keywordOf, placed, readMap } from "../../../import/placing";

const nothing = new Map<string, string>();

describe("Gmail's labels", () => {
  it("Gmail's labels are read as encoded words, as UTF-8, folded, and with commas in quotes", () => {
    expect(gmailLabels("X-Gmail-Labels: Inbox,Opened\r\nSubject: x")).toEqual(["Inbox", "Opened"]);
    const french =
      'Subject: x\r\nX-Gmail-Labels: =?UTF-8?Q?Messages_archiv=C3=A9s,Ouvert,Cat=C3=A9gorie=C2=A0:_E-mails_?=\r\n =?UTF-8?Q?personnels,"Culture,_=C3=A9v=C3=A9nements"?=';
    expect(gmailLabels(french)).toEqual([
      "Messages archivés",
      "Ouvert",
      "Catégorie\u00a0: E-mails personnels",
      "Culture, événements",
    ]);
    expect(gmailLabels(Buffer.from("X-Gmail-Labels: Beérkező levelek", "utf8").toString("latin1"))).toEqual([
      "Beérkező levelek",
    ]);
    expect(gmailLabels("Subject: x")).toBeUndefined();
    expect(commaSeparated('a,"b, ""c""",,d')).toEqual(["a", 'b, "c"', "d"]);
  });

  test.each([
    ["Hungarian", "Beérkező levelek", "Elküldött levelek", "Piszkozatok", "Kuka", "Olvasatlan"],
    ["Romanian", "Mesaje primite", "Mesaje trimise", "Mesaje nefinalizate", "Coș de gunoi", "Necitite"],
    ["German", "Posteingang", "Gesendet", "Entwürfe", "Papierkorb", "Ungelesen"],
    ["French", "Boîte de réception", "Messages envoyés", "Brouillons", "Corbeille", "Non lus"],
    ["Spanish", "Recibidos", "Enviados", "Borradores", "Papelera", "No leídos"],
    ["Italian", "Posta in arrivo", "Inviati", "Bozze", "Cestino", "Da leggere"],
    ["Japanese", "受信トレイ", "送信済みメール", "下書き", "ゴミ箱", "未読"],
    ["English", "INBOX", "sent", "Drafts", "Bin", "Unread"],
  ])("Gmail's labels are recognized in %s", (_language, inbox, sent, drafts, trash, unread) => {
    expect([inbox, sent, drafts, trash, unread].map(meaningOf)).toEqual(["inbox", "sent", "drafts", "trash", "unread"]);
  });

  it("an import tells Gmail's categories from labels that users made", () => {
    expect(["Category Updates", "Catégorie\u00a0: Réseaux sociaux", "Kategorie „Werbung“"].map(meaningOf)).toEqual(
      Array(3).fill("category"),
    );
    expect(["Work", "Categories", "Inbox zero", "Kategorien"].map(meaningOf)).toEqual(Array(4).fill(undefined));
  });

  it("Gmail's labels put a message into one folder, and become flags and keywords otherwise", () => {
    const at = (...labels: string[]) => placed(labels, nothing);
    expect(at("Inbox", "Work", "Starred", "Opened")).toEqual({
      place: { special: "inbox" },
      flags: ["\\Seen", "\\Flagged", "Work"],
    });
    expect(at("Archived", "Work", "Work/Invoices/2024", "Unread", "Category Updates")).toEqual({
      place: { path: ["Work", "Invoices", "2024"] },
      flags: ["Work"],
    });
    expect(at("Sent", "Work", "Opened").place).toEqual({ special: "sent" });
    expect(at("Spam", "Inbox").place).toEqual({ special: "junk" });
    expect(at("Trash", "Family").place).toEqual({ special: "trash" });
    expect(at("Drafts", "Important")).toEqual({
      place: { special: "drafts" },
      flags: ["\\Seen", "$Important", "\\Draft"],
    });
    expect(at("Archived", "IMAP_$Forwarded", "IMAP_NotJunk")).toEqual({
      place: { special: "archive" },
      flags: ["$Forwarded", "NotJunk", "\\Seen"],
    });
    expect(at("Archivált", "Megnyitva", "Ügyek").place).toEqual({ path: ["Ügyek"] });
    expect(at().place).toEqual({ special: "archive" });
  });

  it("Gmail's labels go where --map says", () => {
    const map = readMap(["Work = Projects/Work", "inbox=Old/Inbox"]);
    expect(placed(["Spam", "WORK", "Family"], map)).toEqual({
      place: { path: ["Projects", "Work"] },
      flags: ["\\Seen", "Family"],
    });
    expect(placed(["Inbox"], map).place).toEqual({ path: ["Old", "Inbox"] });
    expect(() => readMap(["Work"])).toThrow("--map: Work is not LABEL=FOLDER");
    expect(() => readMap(["Work=/"])).toThrow("--map: Work=/ is not LABEL=FOLDER");
    expect(() => readMap(["Work=Old//2019"])).toThrow("is not LABEL=FOLDER");
  });

  it("Gmail's labels become keywords that IMAP accepts", () => {
    for (const label of ["Ügyek és bajok", 'a "b" (c) {d} %*\\]', "重要な仕事", "$Label1", "a".repeat(200)]) {
      expect(keywordOf(label)).toMatch(/^[\w.$/&+-]{1,60}$/);
    }
    expect(keywordOf("Ügyek és bajok")).toBe("Ugyek_es_bajok");
    expect(keywordOf("仕事")).not.toBe(keywordOf("家族"));
  });

  it("labels also name the folders of other mail programs", () => {
    expect(["Sent Items", "Deleted Messages", "Junk E-mail", "Work"].map(specialFolder)).toEqual([
      "sent",
      "trash",
      "junk",
      undefined,
    ]);
  });
});
