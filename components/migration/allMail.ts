/**
 * Gmail's names for the folder with all mail, in its languages. imapsync copies folders in the order of their names, copies a
 * message only into the first of its folders, and knows only the English name. In another language, sent mail would arrive in
 * this folder instead of in Sent Items.
 */
const names = `All Mail|Alle Nachrichten|Alle berichten|Alle e-mails|Alla mail|All e-post|Kaikki viestit|Allur póstur|
  Tous les messages|Todos|Todo o correio|Todos os e-mails|Tutti i messaggi|Tots els missatges|Toate mesajele|Összes levél|
  Wszystkie|Všechny zprávy|Všetky správy|Sva pošta|Vsa pošta|Сва пошта|Вся почта|Уся пошта|Цялата поща|Όλα τα μηνύματα|
  Kõik kirjad|Visas vēstules|Visi laiškai|Tüm Postalar|Semua Email|Semua Mel|Lahat ng Mail|Tất cả Thư|
  כל הדואר|كل البريد|सभी मेल|จดหมายทั้งหมด|全部郵件|所有郵件|所有邮件|すべてのメール|전체보관함`;

export const ALL_MAIL: readonly string[] = names
  .split("|")
  .map((name) => name.trim())
  .flatMap((name) => [`[Gmail]/${name}`, `[Google Mail]/${name}`]);
