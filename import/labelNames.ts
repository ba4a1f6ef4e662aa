/** What Gmail's own labels mean for a message. */
export type Meaning =
  | "inbox"
  | "sent"
  | "drafts"
  | "junk"
  | "trash"
  | "archive"
  | "chat"
  | "starred"
  | "unread"
  | "opened"
  | "important"
  | "category"
  | "nothing";

/**
 * Takeout writes Gmail's own labels in the language of the account, and does not mark them as Gmail's. Names that Gmail has used
 * over the years, by meaning: en, de, fr, es, it, pt, hu, ro, nl, pl, cs, sk, sv, da, nb, fi, hr, sl, sr,
 * bg, uk, ru, el, tr, ca, ja, zh, ko. The last names in a list are older, or other mail programs use them for the same folder.
 */
const names: Readonly<Record<Exclude<Meaning, "category" | "nothing">, string>> = {
  inbox: `Inbox|Posteingang|Boîte de réception|Recibidos|Bandeja de entrada|Posta in arrivo|Caixa de entrada|Entrada|
    Beérkező levelek|Beérkezett üzenetek|Bejövő levelek|Mesaje primite|Primite|Inbox|Postvak IN|Odebrane|Doručená pošta|Doručené|
    Prijaté|Inkorg|Inkorgen|Indbakke|Innboks|Postilaatikko|Saapuneet|Pristigla pošta|Ulazna pošta|Prejeto|Примљене|
    Входяща поща|Входящи|Вхідні|Входящие|Εισερχόμενα|Gelen Kutusu|Safata d'entrada|Rebuts|受信トレイ|收件箱|收件匣|받은편지함`,
  sent: `Sent|Sent Mail|Sent Items|Sent Messages|Gesendet|Gesendete Nachrichten|Gesendete Elemente|Envoyé|Envoyés|Messages envoyés|
    Éléments envoyés|Enviado|Enviados|Mensajes enviados|Elementos enviados|Inviati|Inviata|Posta inviata|E-mails enviados|
    Itens enviados|Elküldött|Elküldött levelek|Elküldött üzenetek|Elküldve|Trimise|Mesaje trimise|Trimis|Verzonden|
    Verzonden berichten|Verzonden items|Wysłane|Odeslané|Odeslaná pošta|Odoslané|Odoslaná pošta|Skickat|Skickade|
    Skickade meddelanden|Sendt|Sendte|Sendt post|Sendt e-post|Lähetetyt|Lähetetyt viestit|Poslano|Poslana pošta|Послате|Изпратени|
    Изпратена поща|Надіслані|Отправленные|Απεσταλμένα|Gönderilmiş Postalar|Gönderilen Postalar|Gönderildi|Enviats|
    送信済みメール|送信済み|已发邮件|已发送|已发送邮件|寄件備份|보낸편지함`,
  drafts: `Drafts|Draft|Entwürfe|Entwurf|Brouillons|Brouillon|Borradores|Borrador|Bozze|Bozza|Rascunhos|Rascunho|Piszkozatok|
    Piszkozat|Vázlatok|Mesaje nefinalizate|Schițe|Schiţe|Ciorne|Concepten|Concept|Wersje robocze|Wersja robocza|Robocze|Koncepty|
    Koncept|Rozepsané|Rozpísané|Utkast|Kladder|Kladde|Luonnokset|Luonnos|Skice|Skica|Osnutki|Nacrti|Недовршене|Чернови|
    Чернетки|Черновики|Πρόχειρα|Taslaklar|Taslak|Esborranys|下書き|草稿|임시보관함`,
  junk: `Spam|Junk|Junk Mail|Junk E-mail|Junk-E-Mail|Bulk Mail|Pourriel|Courrier indésirable|Correo no deseado|Indesiderata|
    Posta indesiderata|Lixo eletrônico|Spamként megjelölve|Levélszemét|Nevyžádaná pošta|Skräppost|Søppelpost|Uønsket post|Roskaposti|
    Neželjena pošta|Vsiljena pošta|Непожељне|Спам|Ανεπιθύμητα|Ανεπιθύμητη αλληλογραφία|İstenmeyen|Gereksiz|Correu brossa|
    迷惑メール|垃圾邮件|垃圾郵件|스팸함`,
  trash: `Trash|Bin|Deleted Items|Deleted Messages|Deleted|Papierkorb|Gelöscht|Gelöschte Elemente|Corbeille|Éléments supprimés|
    Papelera|Elementos eliminados|Cestino|Posta eliminata|Lixeira|Lixo|Itens excluídos|Kuka|Törölt elemek|Törölt üzenetek|
    Coș de gunoi|Coş de gunoi|Coșul de gunoi|Coș|Gunoi|Prullenbak|Prullenmand|Verwijderde items|Kosz|Koš|Kôš|Odpadkový koš|
    Papperskorg|Papperskorgen|Papirkurv|Papirkurven|Papperskurv|Roskakori|Otpad|Smeće|Smetnjak|Смеће|Кошче|Кошик|Корзина|
    Κάδος απορριμμάτων|Κάδος|Çöp Kutusu|Çöp|Paperera|ゴミ箱|已删除邮件|垃圾桶|휴지통`,
  archive: `Archived|Archive|Archiviert|Archiv|Archivé|Archivés|Messages archivés|Archivado|Archivados|Archiviati|Archiviata|
    Archiviato|Arquivado|Arquivados|Arquivadas|Archivált|Archiválva|Archiválás|Archívum|Arhivat|Arhivate|Arhivată|Arhivă|
    Gearchiveerd|Archief|Zarchiwizowane|Zarchiwizowano|Archiwum|Archivováno|Archivované|Archív|Arkiverad|Arkiverade|Arkiverat|
    Arkiv|Arkiveret|Arkiverede|Arkivert|Arkistoitu|Arkistoidut|Arkisto|Arhivirano|Архивирано|Архивирани|Архів|Заархівовано|
    Архив|В архиве|Архивированные|Αρχειοθετημένα|Αρχειοθετήθηκε|Arşivlendi|Arşivlenmiş|Arxivat|Arxivats|アーカイブ済み|
    アーカイブ|已归档|已封存|보관처리됨|보관됨`,
  chat: `Chat|Chats`,
  starred: `Starred|Markiert|Suivi|Suivis|Messages suivis|Destacado|Destacados|Speciali|Speciale|Com estrela|Marcado com estrela|
    Marcados com estrela|Csillagozott|Csillaggal megjelölt|Cu stea|Marcat cu stea|Marcate cu stea|Met ster|
    Oznaczone gwiazdką|Z gwiazdką|S hvězdičkou|S hviezdičkou|Označené hviezdičkou|Stjärnmärkt|Stjärnmärkta|Stjernemarkeret|
    Stjernemerket|Tähdellä merkityt|Sa zvjezdicom|Označeno zvjezdicom|Z zvezdico|Са звездицом|Със звезда|Із зірочкою|
    Помеченные|С пометкой|Με αστέρι|Yıldızlı|Destacats|スター付き|已加星标|已加星號|별표편지함`,
  unread: `Unread|Ungelesen|Non lu|Non lus|Messages non lus|No leído|No leídos|Non letto|Non letti|Da leggere|Não lida|Não lidas|
    Não lido|Não lidos|Olvasatlan|Necitit|Necitite|Ongelezen|Nieprzeczytane|Nepřečtené|Nepřečteno|Neprečítané|Oläst|Olästa|
    Ulæst|Ulæste|Ulest|Uleste|Lukematta|Lukemattomat|Nepročitano|Neprebrano|Непрочитане|Непрочетени|Непрочитані|
    Непрочитано|Непрочитанные|Μη αναγνωσμένα|Μη αναγνωσμένο|Okunmamış|Okunmadı|No llegit|No llegits|未読|未读|未讀|읽지않음|읽지 않음`,
  opened: `Opened|Geöffnet|Ouvert|Ouverts|Abierto|Abiertos|Aperto|Aperti|Aperta|Aberto|Abertos|Aberta|Megnyitva|Megnyitott|
    Deschis|Deschise|Geopend|Otwarte|Otwarto|Otevřeno|Otevřené|Otvorené|Öppnad|Öppnade|Öppnat|Åbnet|Åbnede|Åpnet|Avattu|Avatut|
    Otvoreno|Odprto|Отворено|Отворени|Відкрито|Відкриті|Открыто|Открытые|Прочитанные|Ανοιγμένα|Άνοιξε|Açıldı|Obert|Oberts|開封済み|
    已打开|已開啟|열람됨|열어봄`,
  important: `Important|Wichtig|Importants|Importante|Importanti|Importantes|Fontos|Belangrijk|Ważne|Důležité|Dôležité|Viktigt|
    Vigtig|Vigtigt|Vigtige|Viktig|Tärkeä|Tärkeät|Važno|Pomembno|Важно|Важни|Важливо|Важливі|Важное|Σημαντικά|Önemli|重要|
    重要邮件|重要郵件|중요|중요편지함`,
};

const categories = [
  ...[
    "Category",
    "Kategorie",
    "Catégorie",
    "Categoría",
    "Categoria",
    "Kategória",
    "Categorie",
    "Kategoria",
    "Kategori",
  ],
  ...[
    "Kategorija",
    "Luokka",
    "Категория",
    "Категорія",
    "Категорија",
    "Κατηγορία",
    "カテゴリ",
    "类别",
    "類別",
    "카테고리",
  ],
];
const category = new RegExp(`^(?:${categories.join("|")})(?:\\s*[:：„“"«]|\\s+\\S)`, "iu");

/** Normalizes letters and case that users consider the same. */
export const normal = (label: string): string =>
  label
    .normalize("NFC")
    .replace(/[\s\u00a0]+/g, " ")
    .replaceAll("’", "'")
    .trim()
    .toLocaleLowerCase("en");

const known = new Map(
  Object.entries(names).flatMap(([meaning, all]) => all.split("|").map((name) => [normal(name), meaning as Meaning])),
);

/** The meaning of one of Gmail's own labels; undefined for a label that a user created. */
export function meaningOf(label: string): Meaning | undefined {
  const text = normal(label);
  if (/^(snoozed|scheduled|muted)$/.test(text)) return "nothing";
  return known.get(text) ?? (category.test(label.trim()) ? "category" : undefined);
}

export type SpecialFolder = Extract<Meaning, "inbox" | "sent" | "drafts" | "junk" | "trash" | "archive">;
const special: readonly string[] = ["inbox", "sent", "drafts", "junk", "trash", "archive"];

/** The special folder that mail programs use this name for; undefined for an ordinary folder. */
export function specialFolder(name: string): SpecialFolder | undefined {
  const meaning = meaningOf(name);
  return meaning !== undefined && special.includes(meaning) ? (meaning as SpecialFolder) : undefined;
}
